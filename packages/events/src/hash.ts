import xxhash, { type XXHashAPI } from 'xxhash-wasm'

const xx: XXHashAPI = await xxhash()

/** Writes the 64-bit xxHash of an event id, big-endian, at `offset`: what a chunk's `ids` header holds for each event. */
export function writeIdHash(view: DataView, offset: number, id: string): void {
  view.setBigUint64(offset, xx.h64(id))
}

/** The 64-bit xxHash of a text as 16 hexadecimal digits. */
export function hashText(text: string): string {
  return xx.h64(text).toString(16).padStart(16, '0')
}

/** The 64-bit xxHash of an event id as two unsigned 32-bit halves: reading and comparing needs no BigInt. */
export function idHash(id: string): { readonly hi: number; readonly lo: number } {
  const hash = xx.h64(id)
  return { hi: Number(hash >> 32n), lo: Number(hash & 0xffff_ffffn) }
}

/**
 * The partition of an event: by its user, so that one user's events stay in order; else by session; else by id.
 * @param partitions how many there are, at least 1
 */
export function partitionOf(
  row: { readonly user_id: string; readonly session_id: string; readonly id: string },
  partitions: number,
): number {
  if (partitions === 1) return 0
  const key = row.user_id || row.session_id || row.id
  // FNV-1a, then a finaliser: the low bits of FNV alone are uneven over short keys.
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % partitions
}
