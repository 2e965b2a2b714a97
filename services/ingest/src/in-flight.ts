/** Limits the bytes in flight, so that a burst does not fill the memory. */
export interface InFlight {
  /** Acquires bytes. False, and nothing acquired, when that would exceed the limit. */
  acquire(bytes: number): boolean
  release(bytes: number): void
  readonly bytes: number
}

export function createInFlight(limit: number): InFlight {
  let used = 0
  return {
    acquire(bytes) {
      // A single body always passes: otherwise one larger than the limit would never be accepted.
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
