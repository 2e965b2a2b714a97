import type { Window } from './index.ts'

/** Bucket lengths in ms, and how long after its end a bucket is kept. */
export const RESOLUTIONS = [
  { name: '10s', lengthMs: 10_000, keptMs: 2 * 3_600_000 },
  { name: '1m', lengthMs: 60_000, keptMs: 48 * 3_600_000 },
  { name: '1h', lengthMs: 3_600_000, keptMs: 35 * 24 * 3_600_000 },
] as const

export type ResolutionName = (typeof RESOLUTIONS)[number]['name']

/** `RESOLUTION:START`, START in epoch milliseconds. */
export type BucketKey = `${ResolutionName}:${number}`

/**
 * The fewest buckets that make up the window, or null where it cannot be made from buckets kept at `now`: its ends lie on
 * no bucket border, or its past is forgotten. `to` may lie in the future.
 */
export function pieces(_window: Window, _now: number): readonly BucketKey[] | null {
  throw new Error('to be written')
}
