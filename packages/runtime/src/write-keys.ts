import { randomBytes } from 'node:crypto'
import { hashToken } from './access-documents.ts'

const WRITE_KEYS = 'write-keys/'

/** Only events of production keys are stored and counted; those of the others are checked, answered and shown. */
export const ENVIRONMENTS = ['production', 'staging', 'test'] as const
export type KeyEnvironment = (typeof ENVIRONMENTS)[number]

/** A write key as it is stored: never the key itself. */
export interface StoredWriteKey {
  readonly id: string
  /** What people call it: the application that uses it. */
  readonly name: string
  /** SHA-256 of the key, hex. */
  readonly hash: string
  /** Epoch ms. */
  readonly createdAt: number
  readonly environment: KeyEnvironment
  /** Epoch ms; absent for a key that does not expire. */
  readonly expiresAt?: number
  /** Events a second; absent for the service's own limit, 0 for none. */
  readonly eventsPerSecond?: number
  /** What becomes of events that violate the plan; absent for what the plan says. */
  readonly onViolation?: 'reject' | 'quarantine' | 'accept'
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
  options: Pick<StoredWriteKey, 'name' | 'environment' | 'expiresAt' | 'eventsPerSecond' | 'onViolation'> & { readonly now: number },
): Promise<{ readonly key: string; readonly stored: StoredWriteKey }> {
  // Of letters and digits, as the addresses that Sentry's clients are given must be.
  const key = `nsw_${randomBytes(24).toString('hex')}`
  const { now: createdAt, ...given } = options
  const id = randomBytes(6).toString('hex')
  const stored: StoredWriteKey = { ...given, id, hash: hashToken(key), createdAt }
  await state.put(WRITE_KEYS + id, stored, { ifVersion: 0 })
  return { key, stored }
}

export async function listWriteKeys(state: Documents): Promise<readonly StoredWriteKey[]> {
  return (await state.list<StoredWriteKey>(WRITE_KEYS)).map(document => document.value)
}

/** Ingest refuses the key within seconds. */
export async function deleteWriteKey(state: Documents, id: string): Promise<void> {
  await state.delete(WRITE_KEYS + id)
  await state.delete(keyActivityDocument(id))
  await state.delete(violationsDocument(id))
}

/** An event of a key as it was answered; no value of it is kept. */
export interface KeyEvent {
  /** Arrival, epoch ms. */
  readonly at: number
  /** Null when the name could be personal data. */
  readonly event: string | null
  /** Why it was refused; absent for an accepted event. */
  readonly refused?: { readonly code: string; readonly field: string | null; readonly message: string }
  /** Of an event that violates the plan and was taken nonetheless: `refused` says why. */
  readonly outcome?: 'quarantined' | 'flagged'
}

/** What a key was used for. Counts are written every second, so a killed process loses the last one's. */
export interface KeyActivity {
  /** Epoch ms. */
  readonly lastUsedAt: number
  /** By UTC date, of the last {@link KEY_ACTIVITY_DAYS} days. */
  readonly days: Readonly<Record<string, { readonly accepted: number; readonly rejected: number }>>
  /** The last {@link KEY_EVENTS} events, the newest first. */
  readonly events: readonly KeyEvent[]
}

export const KEY_ACTIVITY_DAYS = 30
export const KEY_EVENTS = 50

/** Of the key from the settings, which is not stored. */
export const CONFIGURED_KEY = 'settings'

/** The document with what of a key's events violates the tracking plan. */
export const violationsDocument = (id: string): string => `${VIOLATIONS}${id}`
export const VIOLATIONS = 'plan-violations/'

/** The document with the {@link KeyActivity} of a key. */
export const keyActivityDocument = (id: string): string => `key-activity/${id}`
