/** A clock that stands still until it is advanced. */
export interface TestClock {
  /** Epoch milliseconds. A plain function: hand it on as `clock.now`. */
  readonly now: () => number
  /** Moves on by `ms`, running every timer that comes due at its own time, in order, and what those timers set off. */
  advance(ms: number): Promise<void>
  /** Runs `callback` once the clock has moved on by `ms`. Returns a function that cancels it. */
  readonly after: (ms: number, callback: () => void) => () => void
  /** Resolves once the clock has moved on by `ms`. */
  readonly sleep: (ms: number) => Promise<void>
  /** How many timers wait. */
  readonly pending: number
}

interface Timer {
  readonly due: number
  readonly callback: () => void
}

/** A clock for tests, which starts at `start` (epoch milliseconds, or a date in RFC 3339). */
export function createTestClock(start: number | string): TestClock {
  let time = typeof start === 'number' ? start : Date.parse(start)
  if (!Number.isFinite(time)) throw new RangeError(`not a time: ${start}`)
  const timers = new Set<Timer>()

  function after(ms: number, callback: () => void): () => void {
    const timer = { due: time + Math.max(0, ms), callback }
    timers.add(timer)
    return () => void timers.delete(timer)
  }

  return {
    now: () => time,
    after,
    sleep: ms => new Promise(resolve => after(ms, resolve)),
    get pending() {
      return timers.size
    },
    async advance(ms) {
      const end = time + ms
      for (;;) {
        const next = earliest(timers)
        if (!next || next.due > end) break
        timers.delete(next)
        time = Math.max(time, next.due)
        next.callback()
        await settled()
      }
      time = end
      await settled()
    },
  }
}

/** Of timers due at the same time, the one that was set first. */
function earliest(timers: ReadonlySet<Timer>): Timer | undefined {
  let first: Timer | undefined
  for (const timer of timers) if (!first || timer.due < first.due) first = timer
  return first
}

/** Lets promises that are already settled run their continuations. */
function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
