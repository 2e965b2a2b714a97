export interface LingerLimits {
  /** Ms. */
  readonly lingerMs: number
  readonly maxLingerMs: number
}

/**
 * How long to gather the next batch, ms: so many times as long as the last one took, within limits. A batch has a cost of its own, however
 * small it is, so where batches take long, few large ones are what keeps up; where they do not, nobody waits for more to come.
 */
export function lingerAfter(tookMs: number, times: number, { lingerMs, maxLingerMs }: LingerLimits): number {
  return Math.min(maxLingerMs, Math.max(lingerMs, times * tookMs))
}
