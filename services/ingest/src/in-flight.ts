/** Bytes that are being worked on, against a limit: what keeps a burst from filling the memory. */
export interface InFlight {
  /** Takes bytes; false when that would pass the limit, and then takes none. */
  take(bytes: number): boolean
  give(bytes: number): void
  readonly bytes: number
}

export function createInFlight(limit: number): InFlight {
  let used = 0
  return {
    take(bytes) {
      // One body is always let through: a limit below a body's size would otherwise refuse it for ever.
      if (used > 0 && used + bytes > limit) return false
      used += bytes
      return true
    },
    give(bytes) {
      used -= bytes
    },
    get bytes() {
      return used
    },
  }
}
