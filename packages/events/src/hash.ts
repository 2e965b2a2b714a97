import xxhash, { type XXHashAPI } from 'xxhash-wasm'
import type { Key } from './key.ts'

const xx: XXHashAPI = await xxhash()

/** The 64-bit xxHash of a text as 16 hexadecimal digits. It has no key: not for anything that must stay secret. */
export function hashText(text: string): string {
  return xx.h64(text).toString(16).padStart(16, '0')
}

/** The same hash as a key. */
export function hashKey(text: string): Key {
  const hash = xx.h64(text)
  return { high: Number(hash >> 32n), low: Number(hash & 0xffff_ffffn) }
}
