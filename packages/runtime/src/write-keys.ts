import { randomBytes } from 'node:crypto'
import { hashToken } from './access.ts'

const WRITE_KEYS = 'write-keys/'

/** A write key as it is stored: never the key itself. */
export interface StoredWriteKey {
  readonly id: string
  /** What people call it: the application that uses it. */
  readonly name: string
  /** SHA-256 of the key, hex. */
  readonly hash: string
  /** Epoch ms. */
  readonly createdAt: number
  /** Events a second; absent for the service's own limit, 0 for none. */
  readonly eventsPerSecond?: number
}

/** What of a store of documents the keys need. */
interface Documents {
  list<T>(prefix: string): Promise<readonly { readonly value: T }[]>
  put(key: string, value: unknown, options?: { readonly ifVersion?: number }): Promise<number>
  delete(key: string): Promise<void>
}

/** Makes a write key; the answer's `key` is the only time it is seen. */
export async function createWriteKey(
  state: Documents,
  options: { readonly name: string; readonly eventsPerSecond?: number; readonly now: number },
): Promise<{ readonly key: string; readonly stored: StoredWriteKey }> {
  const key = `nsw_${randomBytes(24).toString('base64url')}`
  const { name, eventsPerSecond, now: createdAt } = options
  const id = randomBytes(6).toString('hex')
  const stored: StoredWriteKey = { id, name, hash: hashToken(key), createdAt, eventsPerSecond }
  await state.put(WRITE_KEYS + id, stored, { ifVersion: 0 })
  return { key, stored }
}

export async function listWriteKeys(state: Documents): Promise<readonly StoredWriteKey[]> {
  return (await state.list<StoredWriteKey>(WRITE_KEYS)).map(document => document.value)
}

/** Ingest refuses the key within seconds. */
export async function deleteWriteKey(state: Documents, id: string): Promise<void> {
  await state.delete(WRITE_KEYS + id)
}
