import type { Window } from './port.ts'

/** Bucket lengths in ms, and how long after its end a bucket is kept. Each length divides the next, and what is longer is kept longer. */
export const RESOLUTIONS = [
  { name: '10s', lengthMs: 10_000, keptMs: 2 * 3_600_000 },
  { name: '1m', lengthMs: 60_000, keptMs: 48 * 3_600_000 },
  { name: '1h', lengthMs: 3_600_000, keptMs: 35 * 24 * 3_600_000 },
] as const

export type Resolution = (typeof RESOLUTIONS)[number]
export type ResolutionName = Resolution['name']

/** `RESOLUTION:START`, START in epoch milliseconds. */
export type BucketKey = `${ResolutionName}:${number}`

/** How much longer than kept a store holds a bucket, so that a reader that still counts on it does not meet its end. */
const GRACE_MS = 60_000

/** The start of the bucket that holds a time. */
export function bucketStart(resolution: Resolution, time: number): number {
  return Math.floor(time / resolution.lengthMs) * resolution.lengthMs
}

export function bucketKey(resolution: Resolution, start: number): BucketKey {
  return `${resolution.name}:${start}`
}

/** A bucket that starts at `start` is kept, seen at `now`. */
export function isKept(resolution: Resolution, start: number, now: number): boolean {
  return start + resolution.lengthMs + resolution.keptMs > now
}

/** The finest resolution that still keeps an event of this time which arrived then; its index in {@link RESOLUTIONS}, or -1. */
export function finestKept(timestamp: number, receivedAt: number): number {
  for (let i = 0; i < RESOLUTIONS.length; i++) {
    const resolution = RESOLUTIONS[i]
    if (resolution && isKept(resolution, bucketStart(resolution, timestamp), receivedAt)) return i
  }
  return -1
}

/**
 * The buckets into which an event is folded: those that were still kept when it arrived. Arrival decides, not the clock of the
 * folding process, so that a later fold of the same log gives the same counters.
 */
export function bucketsOf(timestamp: number, receivedAt: number): readonly BucketKey[] {
  const finest = finestKept(timestamp, receivedAt)
  return finest < 0 ? [] : RESOLUTIONS.slice(finest).map(resolution => bucketKey(resolution, bucketStart(resolution, timestamp)))
}

/** A bucket's span of event time. */
export function bucketSpan(key: BucketKey): Window {
  const [resolution, from] = parse(key)
  return { from, to: from + resolution.lengthMs }
}

/** When a store may forget the bucket, epoch milliseconds. */
export function bucketExpiry(key: BucketKey): number {
  const [resolution, from] = parse(key)
  return from + resolution.lengthMs + resolution.keptMs + GRACE_MS
}

/**
 * The fewest buckets that make up the window, or null where it cannot be made from buckets kept at `now`: its ends lie on
 * no bucket border, or its past is forgotten. `to` may lie in the future. An empty window is no buckets.
 */
export function pieces(window: Window, now: number): readonly BucketKey[] | null {
  const cover: BucketKey[] = []
  let at = window.from
  while (at < window.to) {
    const resolution = coarsestAt(at, window.to, now)
    if (!resolution) return null
    cover.push(bucketKey(resolution, at))
    at += resolution.lengthMs
  }
  return cover
}

function coarsestAt(start: number, end: number, now: number): Resolution | undefined {
  for (let i = RESOLUTIONS.length - 1; i >= 0; i--) {
    const resolution = RESOLUTIONS[i]
    if (resolution && start % resolution.lengthMs === 0 && start + resolution.lengthMs <= end && isKept(resolution, start, now))
      return resolution
  }
  return undefined
}

function parse(key: BucketKey): readonly [Resolution, number] {
  const colon = key.indexOf(':')
  const name = key.slice(0, colon)
  const resolution = RESOLUTIONS.find(candidate => candidate.name === name)
  if (!resolution) throw new RangeError(`no bucket is named ${key}`)
  return [resolution, Number(key.slice(colon + 1))]
}
