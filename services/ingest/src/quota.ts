/** A bucket of tokens that fills at a steady rate: how many events a key may send. */
export interface Quota {
  /** Takes `n` tokens; gives 0, or how many seconds to wait until there are enough, and then takes none. */
  take(n: number, rate: number): number
}

/** How many seconds' worth of events may come at once. */
const BURST_SECONDS = 2

export function createQuota(now: () => number): Quota {
  let tokens: number | null = null
  let filledAt = 0
  return {
    take(n, rate) {
      if (rate <= 0) return 0
      const time = now()
      const full = rate * BURST_SECONDS
      tokens = tokens === null ? full : Math.min(full, tokens + ((time - filledAt) / 1000) * rate)
      filledAt = time
      // A batch larger than the bucket goes when the bucket is full, and is paid off afterwards: else it could never go.
      const needed = Math.min(n, full)
      if (tokens < needed) return Math.max(1, Math.ceil((needed - tokens) / rate))
      tokens -= n
      return 0
    },
  }
}
