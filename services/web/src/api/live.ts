import { useSyncExternalStore } from 'react'
import type { LiveMetric } from './types.ts'

export type LiveState = 'connecting' | 'live' | 'lost'

interface Values {
  readonly at: string
  readonly metrics: Readonly<Record<string, LiveMetric>>
}

/** A browser gives up after an answer that is no stream; it is tried again after this, ms. */
const AGAIN_MS = 5_000

const listeners = new Set<() => void>()
let values: ReadonlyMap<string, LiveMetric> = new Map()
let state: LiveState = 'connecting'
let at: number | undefined
let source: EventSource | undefined
let timer: ReturnType<typeof setTimeout> | undefined

function tell(): void {
  for (const listener of listeners) listener()
}

function connect(): void {
  source = new EventSource('/v1/live')
  source.addEventListener('open', () => {
    state = 'live'
    tell()
  })
  source.addEventListener('values', event => {
    const { at: readAt, metrics } = JSON.parse(event.data) as Values
    values = new Map([...values, ...Object.entries(metrics)])
    at = Date.parse(readAt)
    state = 'live'
    tell()
  })
  source.addEventListener('error', () => {
    state = 'lost'
    tell()
    // While it is still connecting, the browser goes on by itself, with the id of the last event.
    if (source?.readyState !== EventSource.CLOSED) return
    clearTimeout(timer)
    timer = setTimeout(connect, AGAIN_MS)
  })
}

/** Opens the stream. Gives a function that closes it. */
export function startLive(): () => void {
  connect()
  return () => {
    clearTimeout(timer)
    source?.close()
    values = new Map()
    state = 'connecting'
    at = undefined
    tell()
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The metric's newest values, or undefined where the live counters cannot tell it. */
export const useLive = (metric: string): LiveMetric | undefined => useSyncExternalStore(subscribe, () => values.get(metric))
/** Whether the live counters have seen anything in this week or the last. */
export const useLiveAny = (): boolean =>
  useSyncExternalStore(subscribe, () => [...values.values()].some(({ current, previous }) => current.sample > 0 || previous.sample > 0))
export const useLiveState = (): LiveState => useSyncExternalStore(subscribe, () => state)
/** When the newest values were read, epoch ms. */
export const useLiveTime = (): number | undefined => useSyncExternalStore(subscribe, () => at)
