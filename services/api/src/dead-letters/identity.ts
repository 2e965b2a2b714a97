import { sqlLiteral } from '@northstar/catalogue'

/** The identity of a dead letter. Senders choose its bytes, so the hash is one for which nobody can make two that are equal. */
export const LETTER_HASH = 'hex(SHA256(bytes))'
export const isOneOfLetters = (hashes: readonly string[]) => `${LETTER_HASH} IN (${hashes.map(sqlLiteral).join(', ')})`
