/** A 64-bit key as two unsigned words: a pseudonym or an identity. */
export interface Key {
  readonly high: number
  readonly low: number
}

/** The key of an event without a known user or session. */
export const NO_KEY: Key = { high: 0, low: 0 }

/** A key as 16 hexadecimal digits; '' for {@link NO_KEY}. */
export function keyText({ high, low }: Key): string {
  return high === 0 && low === 0 ? '' : high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}

/** The inverse of {@link keyText}; null for any other text. */
export function parseKey(text: string): Key | null {
  if (text === '') return NO_KEY
  if (!/^[0-9a-f]{16}$/.test(text)) return null
  return { high: Number.parseInt(text.slice(0, 8), 16), low: Number.parseInt(text.slice(8), 16) }
}

/**
 * The partition of an event: by its user, so that one user's events stay in order; without a user by its identity. A repeat has the same user
 * and identity, so it is in the partition of its first copy.
 * @param partitions their number, at least 1
 */
export function partitionOf(user: Key, identity: Key, partitions: number): number {
  const key = user.high === 0 && user.low === 0 ? identity : user
  return key.low % partitions
}
