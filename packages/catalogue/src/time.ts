/** Lengths of time, ms. Days of the product's calendar may have 23 or 25 hours: see `Calendar`. */
export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** An instant, epoch ms, as RFC 3339 in UTC. */
export const iso = (at: number): string => new Date(at).toISOString()
