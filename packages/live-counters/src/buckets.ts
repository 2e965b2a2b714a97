import { DAY_MS, HOUR_MS } from '@northstar/catalogue'
import type { Window } from './aggregate.ts'

/** Bucket lengths in ms, and how long after its end a bucket is kept. Each length divides the next one, and longer buckets are kept longer. */
export const RESOLUTIONS = [
  { name: '10s', lengthMs: 10_000, keptMs: 2 * HOUR_MS },
  { name: '1m', lengthMs: 60_000, keptMs: 48 * HOUR_MS },
  { name: '1h', lengthMs: HOUR_MS, keptMs: 35 * DAY_MS },
] as const

export type Resolution = (typeof RESOLUTIONS)[number]
export type ResolutionName = Resolution['name']

/** `RESOLUTION:START`, START in epoch milliseconds. */
export type BucketKey = `${ResolutionName}:${number}`

/** How much longer a store has a bucket than it is kept, so that it does not expire while it is read, ms. */
const GRACE_MS = 60_000

/** The start of the bucket that contains a time. */
export function bucketStart(resolution: Resolution, time: number): number {
  return Math.floor(time / resolution.lengthMs) * resolution.lengthMs
}

export function bucketKey(resolution: Resolution, start: number): BucketKey {
  return `${resolution.name}:${start}`
}

/** Whether the bucket that starts at `start` is kept at `now`. */
export function isKept(resolution: Resolution, start: number, now: number): boolean {
  return start + resolution.lengthMs + resolution.keptMs > now
}

/** The index in {@link RESOLUTIONS} of the finest resolution that keeps an event at its arrival, or -1. */
export function finestKept(timestamp: number, receivedAt: number): number {
  for (let i = 0; i < RESOLUTIONS.length; i++) {
    const resolution = RESOLUTIONS[i]
    if (resolution && isKept(resolution, bucketStart(resolution, timestamp), receivedAt)) return i
  }
  return -1
}

/** A bucket's span of event time. */
export function bucketSpan(key: BucketKey): Window {
  const [resolution, from] = parse(key)
  return { from, to: from + resolution.lengthMs }
}

/** The time from which a store may remove the bucket, epoch ms. */
export function bucketExpiry(key: BucketKey): number {
  const [resolution, from] = parse(key)
  return from + resolution.lengthMs + resolution.keptMs + GRACE_MS
}

/**
 * The fewest buckets that make up the window; null if the buckets kept at `now` cannot: the window does not begin or end at the border of a bucket,
 * or its buckets have expired. `to` may be in the future. An empty window has no buckets.
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
  if (!resolution) throw new RangeError(`not a bucket: ${key}`)
  return [resolution, Number(key.slice(colon + 1))]
}
