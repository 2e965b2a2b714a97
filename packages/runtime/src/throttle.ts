import { setTimeout as wait } from 'node:timers/promises'
import { HttpProblem } from './http-problem.ts'

interface Failures {
  count: number
  /** Epoch ms, of the last one. */
  at: number
}

export interface Throttle {
  /**
   * Waits before a try whose keys had many failures lately: the more failures, the longer, up to `maxMs` (default two seconds). A try is never refused
   * for others' failures, so nobody can lock somebody out.
   * @throws HttpProblem 429 when too many tries are waiting already
   */
  pass(keys: readonly string[], maxMs?: number): Promise<void>
  /** Returns how often each key has failed lately. */
  failed(keys: readonly string[]): readonly number[]
  succeeded(keys: readonly string[]): void
}

const WINDOW_MS = 15 * 60_000
const FREE_FAILURES = 5
const STEP_MS = 50
const MAX_MS = 2_000
const MAX_KEYS = 10_000
const MAX_WAITING = 100

/** Slows down guesses at passwords and tokens, by name and by address. Counted before the answer is known, also for tries side by side. */
export function createThrottle(deps: { readonly now: () => number; readonly sleep?: (ms: number) => Promise<unknown> }): Throttle {
  const { now, sleep = wait } = deps
  const failures = new Map<string, Failures>()
  let waiting = 0

  const countOf = (key: string): number => {
    const found = failures.get(key)
    return found && now() - found.at < WINDOW_MS ? found.count : 0
  }

  return {
    async pass(keys, maxMs = MAX_MS) {
      const most = Math.max(0, ...keys.map(countOf))
      if (most < FREE_FAILURES) return
      if (waiting >= MAX_WAITING) {
        const problem = { status: 429, code: 'too_many', detail: 'Too many failed tries are waiting. Try again in a few seconds.' }
        throw new HttpProblem(problem, { 'retry-after': '5' })
      }
      waiting++
      try {
        await sleep(Math.min(maxMs, STEP_MS * 2 ** (most - FREE_FAILURES)))
      } finally {
        waiting--
      }
    },
    failed(keys) {
      const counts = keys.map(key => {
        const count = countOf(key) + 1
        // Deleted and set again, so that the oldest key is the first to be dropped.
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
