export interface LingerLimits {
  readonly lingerMs: number
  readonly maxLingerMs: number
}

/**
 * How long to gather the next batch, ms: `times` the duration of the last one, within limits. Each batch has a fixed cost, so slow batches
 * become fewer and larger, and fast ones do not wait for more records.
 */
export function lingerAfter(tookMs: number, times: number, { lingerMs, maxLingerMs }: LingerLimits): number {
  return Math.min(maxLingerMs, Math.max(lingerMs, times * tookMs))
}
