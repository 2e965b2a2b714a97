import { setTimeout as wait } from 'node:timers/promises'
import { HttpProblem } from './http-problem.ts'

interface Failures {
  count: number
  /** Time of the last failure, epoch ms. */
  at: number
}

export interface Throttle {
  /**
   * Delays an attempt whose keys failed often recently: the more failures, the longer, up to `maxMs` (default two seconds). An attempt is never
   * refused for failures of others, so nobody can lock out another person.
   * @param keys the last one is that of the sender's address
   * @throws HttpProblem 429 if too many attempts of the address are waiting
   */
  pass(keys: readonly string[], maxMs?: number): Promise<void>
  /** Counts a failure of each key. Returns the number of recent failures by key. */
  failed(keys: readonly string[]): readonly number[]
  succeeded(keys: readonly string[]): void
}

const WINDOW_MS = 15 * 60_000
const FREE_FAILURES = 5
const STEP_MS = 50
const MAX_MS = 2_000
const MAX_KEYS = 10_000
/** Attempts of one address that wait at a time: with a common number one sender could keep everyone else from waiting. */
const MAX_WAITING = 20

/** Slows down guesses of passwords and tokens, by name and by address. */
export function createThrottle(deps: { readonly now: () => number; readonly sleep?: (ms: number) => Promise<unknown> }): Throttle {
  const { now, sleep = wait } = deps
  const failures = new Map<string, Failures>()
  const waiting = new Map<string, number>()

  const countOf = (key: string): number => {
    const found = failures.get(key)
    return found && Math.abs(now() - found.at) < WINDOW_MS ? found.count : 0
  }

  return {
    async pass(keys, maxMs = MAX_MS) {
      const most = Math.max(0, ...keys.map(countOf))
      if (most < FREE_FAILURES) return
      const address = keys.at(-1) ?? ''
      const others = waiting.get(address) ?? 0
      if (others >= MAX_WAITING) {
        const detail = 'Too many attempts from your address are waiting. Try again in a few seconds.'
        throw new HttpProblem({ status: 429, code: 'too_many', detail }, { 'retry-after': '5' })
      }
      waiting.set(address, others + 1)
      try {
        await sleep(Math.min(maxMs, STEP_MS * 2 ** (most - FREE_FAILURES)))
      } finally {
        const left = (waiting.get(address) ?? 1) - 1
        if (left > 0) waiting.set(address, left)
        else waiting.delete(address)
      }
    },
    failed(keys) {
      const counts = keys.map(key => {
        const count = countOf(key) + 1
        // Deleted and set again, so that the map is ordered by the last failure and the oldest key is evicted first.
        failures.delete(key)
        failures.set(key, { count, at: now() })
        return count
      })
      for (const key of failures.keys()) {
        if (failures.size <= MAX_KEYS) break
        failures.delete(key)
      }
      return counts
    },
    succeeded(keys) {
      for (const key of keys) failures.delete(key)
    },
  }
}
