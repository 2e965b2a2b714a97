import { secretFingerprint } from './privacy.ts'
import type { EncodedRecord } from './record.ts'

/** The header of a record that names the secret by which its users were hashed. */
export const SECRET_HEADER = 'secret'

/** Returns a function that marks a record with the secret's fingerprint, so that the mark lives as long as the events. */
export function createSecretMark(secret: Uint8Array): <R extends EncodedRecord>(record: R) => R {
  const mark = Buffer.from(secretFingerprint(secret), 'latin1')
  return record => ({ ...record, headers: { ...record.headers, [SECRET_HEADER]: mark } })
}
