import { createCalendar, type PeriodSpan } from '@northstar/catalogue'
import type { LiveMetric, SeriesPoint } from '@northstar/http-api'
import { type Metric, type MetricCatalogue, MetricQueryError, type MetricReader, metricKinds } from '@northstar/metrics'
import type { Logger } from '@northstar/runtime'

/** Those of the metrics that have changed since some moment. */
export interface LiveChanges {
  /** When the values were read, RFC 3339. */
  readonly at: string
  /** Grows with every reading that changed something. */
  readonly seq: number
  readonly metrics: Readonly<Record<string, LiveMetric>>
}

export interface LiveValuesDeps {
  readonly catalogue: MetricCatalogue
  readonly reader: MetricReader
  readonly onAdvance: (listener: () => void) => () => void
  readonly now: () => number
  readonly logger: Logger
  /** The metrics to watch. Default: all that the live counters answer. */
  readonly metrics?: readonly string[]
}

export interface LiveValuesConfig {
  /** The least time between the beginnings of two readings, ms. */
  readonly everyMs: number
  /** How long values stand while nothing arrives, ms: time alone moves days and weeks on. */
  readonly clockMs: number
}

export interface LiveValues {
  /** What has changed after `seq`; everything for -1. Null before the first reading. */
  since(seq: number): LiveChanges | null
  /** Values are read while somebody listens. Gives a function that ends it. */
  subscribe(listener: () => void): () => void
}

/** A reading takes at most this share of the time, however many metrics there are. */
const SHARE = 0.2
const PREVIOUS_MS = 5 * 60_000

interface Held {
  readonly value: LiveMetric
  readonly text: string
  readonly seq: number
}

/** The live values, read once for all listeners, and only while there are any. */
export function createLiveValues(config: LiveValuesConfig, deps: LiveValuesDeps): LiveValues {
  const { catalogue, reader, now, logger } = deps
  const calendar = createCalendar(catalogue.product)
  const metrics = (deps.metrics ?? [...catalogue.metrics.keys()]).flatMap(name => {
    const metric = catalogue.metrics.get(name)
    return metric && metricKinds.get(metric.kind)?.source === 'counted' ? [metric] : []
  })
  const listeners = new Set<() => void>()
  const held = new Map<string, Held>()
  const past = new Map<string, { readonly week: number; readonly readAt: number; readonly point: SeriesPoint }>()
  let seq = 0
  let at: string | null = null
  let dirty = false
  let reading = false
  let notBefore = 0
  let timer: NodeJS.Timeout | undefined
  let clock: NodeJS.Timeout | undefined
  let endAdvance: (() => void) | undefined

  /** No points where the live counters cannot answer, such as where the zone's days begin between two buckets. */
  async function read(metric: Metric, span: PeriodSpan, period: 'week' | 'day', by?: string): Promise<readonly SeriesPoint[]> {
    try {
      return (await reader.read({ metric: metric.name, from: span.from, to: span.to, period, by, source: 'live' })).points
    } catch (error) {
      if (error instanceof MetricQueryError) return []
      throw error
    }
  }

  async function measure(metric: Metric, time: number): Promise<LiveMetric | null> {
    const week = calendar.periodAt('week', time)
    const known = past.get(metric.name)
    const before = known?.week === week.from && time - known.readAt < PREVIOUS_MS ? known.point : undefined
    const previous = before ?? (await read(metric, calendar.before('week', week), 'week'))[0]
    const [current] = await read(metric, week, 'week')
    const [today] = await read(metric, calendar.periodAt('day', time), 'day')
    if (!current || !previous || !today) return null
    if (!before) past.set(metric.name, { week: week.from, readAt: time, point: previous })
    const by: [string, readonly SeriesPoint[]][] = []
    for (const property of metric.by) {
      const points = await read(metric, week, 'week', property)
      if (points.length > 0) by.push([property, points])
    }
    return { current, previous, today, ...(by.length > 0 && { by: Object.fromEntries(by) }) }
  }

  async function readAll(): Promise<void> {
    const time = now()
    let changed = false
    for (const metric of metrics) {
      const value = await measure(metric, time).catch((error: unknown) => {
        // The stores' failures concern every metric and end the reading; what one metric cannot answer concerns that one.
        if (error instanceof Error && 'retryable' in error && error.retryable === true) throw error
        logger.warn({ err: error, metric: metric.name }, 'the live values of a metric cannot be read')
        return null
      })
      if (!value) continue
      const text = JSON.stringify(value)
      if (held.get(metric.name)?.text === text) continue
      changed = true
      held.set(metric.name, { value, text, seq: seq + 1 })
    }
    if (changed) seq++
    const first = at === null
    at = new Date(time).toISOString()
    if (changed || first) for (const listener of listeners) listener()
  }

  function schedule(): void {
    if (!dirty || reading || timer || listeners.size === 0) return
    timer = setTimeout(
      () => {
        timer = undefined
        void run()
      },
      Math.max(0, notBefore - performance.now()),
    )
  }

  async function run(): Promise<void> {
    dirty = false
    reading = true
    const began = performance.now()
    try {
      await readAll()
    } catch (error) {
      logger.warn({ err: error }, 'cannot read the live values: will try again')
    } finally {
      reading = false
      notBefore = began + Math.max(config.everyMs, (performance.now() - began) / SHARE)
      schedule()
    }
  }

  function touch(): void {
    dirty = true
    schedule()
  }

  return {
    since(after) {
      if (at === null) return null
      const changed = [...held].filter(([, { seq: own }]) => own > after).map(([name, { value }]) => [name, value])
      return { at, seq, metrics: Object.fromEntries(changed) }
    },
    subscribe(listener) {
      listeners.add(listener)
      endAdvance ??= deps.onAdvance(touch)
      clock ??= setInterval(touch, config.clockMs).unref()
      touch()
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        endAdvance?.()
        endAdvance = undefined
        clearInterval(clock)
        clock = undefined
        clearTimeout(timer)
        timer = undefined
      }
    },
  }
}
