import { randomBytes } from 'node:crypto'
import type { Key } from '@northstar/http-api'
import { hashToken } from './access-documents.ts'

const WRITE_KEYS = 'write-keys/'

/** A write key as stored, without the key itself. */
export interface StoredWriteKey {
  readonly id: string
  /** Display name: the application that uses the key. */
  readonly name: string
  /** SHA-256 of the key, hex. */
  readonly hash: string
  /** Epoch ms. */
  readonly createdAt: number
  readonly environment: NonNullable<Key['environment']>
  /** Epoch ms; absent for a key that does not expire. */
  readonly expiresAt?: number
  /** Events a second; absent: the default limit, 0: no limit. */
  readonly eventsPerSecond?: number
  /** Different users within a UTC day; absent: no limit. Events of further users are quarantined. */
  readonly usersPerDay?: number
  /** Treatment of events that violate the plan; absent: the plan's. */
  readonly onViolation?: Key['on_violation']
}

/** The part of the state store that write keys need. */
interface Documents {
  list<T>(prefix: string): Promise<readonly { readonly value: T }[]>
  put(key: string, value: unknown, options?: { readonly ifVersion?: number }): Promise<number>
  delete(key: string): Promise<void>
}

/** Creates a write key. `key` is returned only here; it is not stored. */
export async function createWriteKey(
  state: Documents,
  options: Pick<StoredWriteKey, 'name' | 'environment' | 'expiresAt' | 'eventsPerSecond' | 'usersPerDay' | 'onViolation'> & {
    readonly now: number
  },
): Promise<{ readonly key: string; readonly stored: StoredWriteKey }> {
  // Letters and digits only: the key is part of a DSN for Sentry's clients.
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

/** Deletes a key, which ingest refuses within seconds. */
export async function deleteWriteKey(state: Documents, id: string): Promise<void> {
  await state.delete(WRITE_KEYS + id)
  await state.delete(keyActivityDocument(id))
  await state.delete(violationsDocument(id))
}

/** The outcome of an event of a key, without any of its values. */
export interface KeyEvent {
  /** Arrival, epoch ms. */
  readonly at: number
  /** Null if the name could be personal data. */
  readonly event: string | null
  /** The rejection, or the violation of an event that was taken nonetheless; absent for others. */
  readonly refused?: { readonly code: string; readonly field: string | null; readonly message: string }
  /** Set for an event that violates the plan and was taken nonetheless. */
  readonly outcome?: 'quarantined' | 'flagged'
}

/** The use of a key. Counts are written every second, so a killed process loses those of the last second. */
export interface KeyActivity {
  /** Epoch ms. */
  readonly lastUsedAt: number
  /** Counts of the last {@link KEY_ACTIVITY_DAYS} days by UTC date. */
  readonly days: Readonly<Record<string, { readonly accepted: number; readonly rejected: number }>>
  /** The last {@link KEY_EVENTS} events, the newest first. */
  readonly events: readonly KeyEvent[]
}

export const KEY_ACTIVITY_DAYS = 30
export const KEY_EVENTS = 50

/** Id of the key from the settings, which is not stored. */
export const CONFIGURED_KEY = 'settings'

/** The document with a key's violations of the tracking plan. */
export const violationsDocument = (id: string): string => `${VIOLATIONS}${id}`
export const VIOLATIONS = 'plan-violations/'

/** The document with the {@link KeyActivity} of a key. */
export const keyActivityDocument = (id: string): string => `key-activity/${id}`
