import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { putIfAbsent, type StateStore } from '@northstar/state'

/** The document of the key, which all replicas share. */
const KEY = 'access/cookie-key'
const CIPHER = 'aes-256-gcm'
const [IV_BYTES, TAG_BYTES] = [12, 16]

/** Encrypts and authenticates values that a browser stores for the server. */
export function createSealedCookie<T>(state: StateStore) {
  let reading: Promise<Buffer> | undefined

  const key = () => {
    reading ??= readKey().catch(error => {
      reading = undefined
      throw error
    })
    return reading
  }

  async function readKey(): Promise<Buffer> {
    const stored = await state.get<string>(KEY)
    return Buffer.from(stored?.value ?? (await putIfAbsent(state, KEY, randomBytes(32).toString('base64'))), 'base64')
  }

  return {
    async seal(value: T): Promise<string> {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(CIPHER, await key(), iv)
      const sealed = [cipher.update(JSON.stringify(value)), cipher.final()]
      return Buffer.concat([iv, cipher.getAuthTag(), ...sealed]).toString('base64url')
    },
    /** Returns null for a cookie that {@link seal} did not create. */
    async open(cookie: string): Promise<T | null> {
      const bytes = Buffer.from(cookie, 'base64url')
      if (bytes.length <= IV_BYTES + TAG_BYTES) return null
      const cipher = createDecipheriv(CIPHER, await key(), bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
      cipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
      try {
        return JSON.parse(Buffer.concat([cipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), cipher.final()]).toString())
      } catch {
        return null
      }
    },
  }
}
