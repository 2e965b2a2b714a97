import { useSyncExternalStore } from 'react'
import type { LiveMetric, LiveValues } from './types.ts'

export type LiveState = 'connecting' | 'live' | 'lost'

/** The browser stops reconnecting after an answer that is not a stream; reconnect after this delay, ms. */
const RECONNECT_MS = 5_000

const listeners = new Set<() => void>()
let values: ReadonlyMap<string, LiveMetric> = new Map()
let state: LiveState = 'connecting'
let at: number | undefined
let source: EventSource | undefined
let timer: ReturnType<typeof setTimeout> | undefined

function notify(): void {
  for (const listener of listeners) listener()
}

function connect(): void {
  source = new EventSource('/v1/live')
  source.addEventListener('open', () => {
    state = 'live'
    notify()
  })
  source.addEventListener('values', event => {
    const { at: readAt, metrics } = JSON.parse(event.data) as LiveValues
    values = new Map([...values, ...Object.entries(metrics)])
    at = Date.parse(readAt)
    state = 'live'
    notify()
  })
  source.addEventListener('error', () => {
    state = 'lost'
    notify()
    // Unless closed, the browser reconnects and sends the id of the last event.
    if (source?.readyState !== EventSource.CLOSED) return
    clearTimeout(timer)
    timer = setTimeout(connect, RECONNECT_MS)
  })
}

/** Opens the stream. Returns a function that closes it. */
export function startLive(): () => void {
  connect()
  return () => {
    clearTimeout(timer)
    source?.close()
    values = new Map()
    state = 'connecting'
    at = undefined
    notify()
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The metric's newest values; undefined where the live counters do not hold it. */
export const useLive = (metric: string): LiveMetric | undefined => useSyncExternalStore(subscribe, () => values.get(metric))
/** Whether the live counters hold any event of this week or the last. */
export const useHasLiveData = (): boolean =>
  useSyncExternalStore(subscribe, () => [...values.values()].some(({ current, previous }) => current.sample > 0 || previous.sample > 0))
export const useLiveState = (): LiveState => useSyncExternalStore(subscribe, () => state)
/** When the newest values were read, epoch ms. */
export const useLiveTime = (): number | undefined => useSyncExternalStore(subscribe, () => at)
