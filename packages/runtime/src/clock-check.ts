export interface ClockCheck {
  /** False for a minute after the wall clock was set. To be asked at least every few seconds. */
  isSteady(): boolean
}

/** A jump of the wall clock by more than this means that it was set. */
const CLOCK_SET_MS = 30_000
/** A clock that was set may be set back within this time. */
const CLOCK_SETTLES_MS = 60_000

/**
 * Detects that the wall clock was set, by comparing it with a clock that cannot be set. A suspended machine looks the same.
 * @param now epoch ms
 * @param monotonic ms from any origin
 */
export function createClockCheck(now: () => number, monotonic: () => number = () => performance.now()): ClockCheck {
  let offset = now() - monotonic()
  let steadyFrom = Number.NEGATIVE_INFINITY
  return {
    isSteady() {
      const found = now() - monotonic()
      if (Math.abs(found - offset) > CLOCK_SET_MS) steadyFrom = monotonic() + CLOCK_SETTLES_MS
      offset = found
      return monotonic() >= steadyFrom
    },
  }
}
