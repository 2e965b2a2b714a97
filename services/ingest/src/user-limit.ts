import { DAY_MS } from '@northstar/catalogue'
import { type Key, type Rejection, rejectLazily } from '@northstar/events'

/** The different users that a key may send within a UTC day: bounds what invented users can add to a figure. */
export interface UserLimit {
  /** Whether an event of the user counts: of one who was seen today, or of a further one within the limit. */
  admits(user: Key, limit: number): boolean
}

/** Each process that receives events counts by itself, from its start on. */
export function createUserLimit(now: () => number): UserLimit {
  const seen = new Set<number>()
  let day = 0
  return {
    admits(user, limit) {
      const today = Math.floor(now() / DAY_MS)
      if (today !== day) {
        day = today
        seen.clear()
      }
      const { high, low } = user
      if (high === 0 && low === 0) return true
      // 53 bits of the pseudonym tell users apart, and a number takes a third of the memory of a text.
      const number = high * 2 ** 21 + (low >>> 11)
      if (seen.has(number)) return true
      if (seen.size >= limit) return false
      seen.add(number)
      return true
    },
  }
}

export const tooManyUsers = (limit: number): Rejection =>
  rejectLazily(
    'too_many_users',
    'user_id',
    () =>
      `the key has sent events of ${limit} users today; events of further ones are kept aside until they are replayed ("northstar dead-letters replay")`,
  )
