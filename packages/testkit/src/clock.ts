/** A clock that only moves when it is advanced. */
export interface TestClock {
  /** Epoch milliseconds. The function needs no `this`, so it can be passed as `clock.now`. */
  readonly now: () => number
  /** Moves the clock forward by `ms`. Timers that become due run in order, each at its own time. */
  advance(ms: number): Promise<void>
  /** Runs `callback` once the clock has moved forward by `ms`. Returns a function that cancels it. */
  readonly after: (ms: number, callback: () => void) => () => void
  /** Resolves once the clock has moved forward by `ms`. */
  readonly sleep: (ms: number) => Promise<void>
  /** Number of waiting timers. */
  readonly pending: number
}

interface Timer {
  readonly due: number
  readonly callback: () => void
}

/** Creates a clock that starts at `start`: epoch milliseconds, or a date in RFC 3339. */
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

/** The timer that is due first. Of timers that are due at the same time, it is the one that was set first. */
function earliest(timers: ReadonlySet<Timer>): Timer | undefined {
  let first: Timer | undefined
  for (const timer of timers) if (!first || timer.due < first.due) first = timer
  return first
}

/** Lets promises that are already settled run their continuations. */
function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
