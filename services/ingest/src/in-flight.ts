/** How long a body may arrive before others may take its bytes, ms. */
const SLOW_MS = 2_000

/** Refuses a body that is arriving and releases its bytes. */
export type Refuse = () => void

/**
 * Limits the bytes in flight, so that a burst does not fill the memory. When it is reached, the bodies that have been arriving for longest are refused,
 * so that slow senders do not hold the budget.
 */
export interface InFlight {
  /**
   * Acquires bytes. False, and nothing acquired, when that would exceed the limit.
   * @param own that of the body itself while it arrives
   */
  acquire(bytes: number, own?: Refuse): boolean
  release(bytes: number): void
  /** Declares that a body begins to arrive, until {@link arrived}. */
  arrives(refuse: Refuse): void
  arrived(refuse: Refuse): void
  readonly bytes: number
}

export function createInFlight(limit: number): InFlight {
  let used = 0
  /** When each body began to arrive, the oldest first. */
  const arriving = new Map<Refuse, number>()
  // A single body always passes: otherwise one larger than the limit would never be accepted.
  const fits = (bytes: number) => used === 0 || used + bytes <= limit

  function makeRoom(bytes: number, own: Refuse | undefined): void {
    for (const [refuse, began] of arriving) {
      if (fits(bytes) || refuse === own || performance.now() - began < SLOW_MS) return
      refuse()
    }
  }

  return {
    acquire(bytes, own) {
      if (!fits(bytes)) makeRoom(bytes, own)
      if (!fits(bytes)) return false
      used += bytes
      return true
    },
    release(bytes) {
      used -= bytes
    },
    arrives: refuse => void arriving.set(refuse, performance.now()),
    arrived: refuse => void arriving.delete(refuse),
    get bytes() {
      return used
    },
  }
}
