import { secretFingerprint } from './privacy.ts'
import type { EncodedRecord } from './record.ts'

/** The record header with the fingerprint of the secret that its users were hashed with. */
export const SECRET_HEADER = 'secret'

/** Returns a function that adds the secret's fingerprint to a record's headers, so that it is kept as long as the events. */
export function createSecretMark(secret: Uint8Array): <R extends EncodedRecord>(record: R) => R {
  const mark = Buffer.from(secretFingerprint(secret), 'latin1')
  return record => ({ ...record, headers: { ...record.headers, [SECRET_HEADER]: mark } })
}
