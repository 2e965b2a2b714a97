/** Bytes that are being worked on, against a limit: keeps a burst from filling the memory. */
export interface InFlight {
  /** Acquires bytes; false, and nothing acquired, when that would pass the limit. */
  acquire(bytes: number): boolean
  release(bytes: number): void
  readonly bytes: number
}

export function createInFlight(limit: number): InFlight {
  let used = 0
  return {
    acquire(bytes) {
      // One body always passes: a limit below a body's size would refuse it for ever.
      if (used > 0 && used + bytes > limit) return false
      used += bytes
      return true
    },
    release(bytes) {
      used -= bytes
    },
    get bytes() {
      return used
    },
  }
}

/** Runs at most `limit` of the functions it is given at a time, the others in their order. */
export function createSlots(limit: number): <T>(run: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async run => {
    if (running === limit) await new Promise<void>(resolve => waiting.push(resolve))
    else running++
    try {
      return await run()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
