/** A token bucket for the events of a key. */
export interface Quota {
  /** Acquires `n` tokens and returns 0, or acquires none and returns the seconds to wait. */
  acquire(n: number, rate: number): number
}

/** Size of the bucket, in seconds of the rate. */
const BURST_SECONDS = 2

export function createQuota(now: () => number): Quota {
  let tokens: number | null = null
  let filledAt = 0
  return {
    acquire(n, rate) {
      if (rate <= 0) return 0
      const time = now()
      const full = rate * BURST_SECONDS
      tokens = tokens === null ? full : Math.min(full, tokens + (Math.max(0, time - filledAt) / 1000) * rate)
      filledAt = time
      // A batch larger than the bucket passes when the bucket is full and leaves a debt: otherwise it could never pass.
      const needed = Math.min(n, full)
      if (tokens < needed) return Math.max(1, Math.ceil((needed - tokens) / rate))
      tokens -= n
      return 0
    },
  }
}
