export interface LingerLimits {
  /** Ms. */
  readonly lingerMs: number
  readonly maxLingerMs: number
}

/**
 * How long to gather the next batch, ms: `times` the duration of the last one, within limits. Each batch has a fixed cost, so when batches
 * take long, few large ones keep up; when they do not, none waits for more records.
 */
export function lingerAfter(tookMs: number, times: number, { lingerMs, maxLingerMs }: LingerLimits): number {
  return Math.min(maxLingerMs, Math.max(lingerMs, times * tookMs))
}
