const FIRST_MS = 50
const LONGEST_MS = 1_000

/** Waiting times between attempts: doubling, bounded, with jitter so that many processes do not return at once. */
export function createBackoff(): { next(): number; reset(): void } {
  let ms = FIRST_MS
  return {
    next() {
      const wait = ms * (0.5 + Math.random() / 2)
      ms = Math.min(ms * 2, LONGEST_MS)
      return wait
    },
    reset() {
      ms = FIRST_MS
    },
  }
}
