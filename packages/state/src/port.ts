/**
 * Small durable documents with versions, and leases: write keys, tokens, alert states, silences, notification queues.
 * Counts and events never go here.
 */

export interface Document<T = unknown> {
  readonly key: string
  readonly value: T
  /** Grows with every put; compared with `ifVersion`. */
  readonly version: number
}

export interface Lease {
  /** Grows with every acquisition. A write with an older token is refused. */
  readonly token: number
  /** Extends the lease; false if another holder has acquired it. */
  renew(): Promise<boolean>
  release(): Promise<void>
}

export interface PutOptions {
  /** Put only if the document has this version; 0 means "only if absent". */
  readonly ifVersion?: number
  /** Put only while this lease is the newest one of its name, so that a stale leader cannot write. */
  readonly lease?: { readonly name: string; readonly token: number }
}

/** A document to put; without a value, one to delete. */
export interface Change {
  readonly key: string
  readonly value?: unknown
}

export interface StateStore {
  /** Keys are `/`-separated words, at most 512 characters; values are JSON. No document has a key of another form: callers may ask for any text. */
  get<T>(key: string): Promise<Document<T> | null>
  /** All documents whose key begins with `prefix`, by key. */
  list<T>(prefix: string): Promise<readonly Document<T>[]>
  /** Durable when it resolves, with the new version. Rejects with {@link StateConflict}. */
  put(key: string, value: unknown, options?: PutOptions): Promise<number>
  delete(key: string, options?: PutOptions): Promise<void>
  /** Makes all changes or none, whatever the documents' versions. Durable when it resolves. Rejects with {@link StateConflict}. */
  write(changes: readonly Change[], options?: Pick<PutOptions, 'lease'>): Promise<void>
  /** The lease, or null while another holder has it. Expiry is by the store's clock. */
  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | null>
  health(): Promise<{ readonly healthy: boolean; readonly reason: string; readonly blocking?: false }>
  /** Copies the present documents into a folder where they can be opened. Absent if a server stores them. */
  readonly copyTo?: (folder: string) => Promise<void>
  close(): Promise<void>
}

/** Another writer was first, or the lease is no longer the newest. Retry from a new read. */
export class StateConflict extends Error {
  readonly code = 'state_conflict'
  readonly retryable = true
  readonly key: string
  constructor(key: string, options?: ErrorOptions) {
    super(`${key} was changed by another writer`, options)
    this.key = key
    this.name = 'StateConflict'
  }
}

/** The store cannot answer now. It is unknown whether a write under way was done. */
export class StateUnavailable extends Error {
  readonly code = 'state_unavailable'
  readonly retryable = true
  constructor(reason: string, options?: ErrorOptions) {
    super(`the state store is unavailable: ${reason}`, options)
    this.name = 'StateUnavailable'
  }
}

const KEY = /^[\x21-\x7e]{1,512}$/

/** Whether a document can have this key. */
export const isKey = (text: string): boolean => KEY.test(text)

/** @throws RangeError for a key that is not 1 to 512 printable ASCII characters without spaces */
export function assertKey(key: string): void {
  if (!isKey(key))
    throw new RangeError(`a key has 1 to 512 printable ASCII characters without spaces, unlike ${JSON.stringify(key.slice(0, 80))}`)
}
