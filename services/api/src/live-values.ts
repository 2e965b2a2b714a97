import { iso } from '@northstar/catalogue'
import type { LiveMetric } from '@northstar/http-api'
import { type MetricCatalogue, type MetricReader, metricKinds } from '@northstar/metrics'
import type { Logger } from '@northstar/runtime'
import { isRetryable } from '@northstar/runtime/async'
import { createLiveMeasure } from './live-measure.ts'
import { createPacedTask } from './paced-task.ts'
import type { UnknownReader } from './unknown.ts'

/** The metrics that changed after a sequence number. */
export interface LiveChanges {
  /** Time at which the values were read, RFC 3339. */
  readonly at: string
  /** Increases with each reading that changed a value. */
  readonly seq: number
  readonly metrics: Readonly<Record<string, LiveMetric>>
}

export interface LiveValuesDeps {
  readonly catalogue: MetricCatalogue
  readonly reader: MetricReader
  readonly onAdvance: (listener: () => void) => () => void
  readonly now: () => number
  readonly logger: Logger
  readonly unknown?: UnknownReader
  /** The metrics to read. Default: all that the live counters answer. */
  readonly metrics?: readonly string[]
}

export interface LiveValuesConfig {
  /** Minimum time between the starts of two readings, ms. */
  readonly everyMs: number
  /** Interval of readings while no events arrive, ms: days and weeks end without events. */
  readonly clockMs: number
}

export interface LiveValues {
  /** The metrics that changed after `seq`; all metrics for -1. Null before the first reading. */
  since(seq: number): LiveChanges | null
  /** Values are read while there are listeners. Returns a function that ends the subscription. */
  subscribe(listener: () => void): () => void
}

/** Maximum share of the time that readings take, whatever the number of metrics. */
const SHARE = 0.2

interface Held {
  readonly value: LiveMetric
  readonly text: string
  readonly seq: number
}

/** Reads the live values once for all listeners, and only while there are listeners. */
export function createLiveValues(config: LiveValuesConfig, deps: LiveValuesDeps): LiveValues {
  const { catalogue, now, logger } = deps
  const metrics = (deps.metrics ?? [...catalogue.metrics.keys()]).flatMap(name => {
    const metric = catalogue.metrics.get(name)
    return metric && metricKinds.get(metric.kind)?.source === 'counted' ? [metric] : []
  })
  const listeners = new Set<() => void>()
  const held = new Map<string, Held>()
  let seq = 0
  let at: string | null = null
  let clock: NodeJS.Timeout | undefined
  let endAdvance: (() => void) | undefined
  const measure = createLiveMeasure(deps)
  const reading = createPacedTask({
    run: () => readAll().catch(error => logger.warn({ err: error }, 'cannot read the live values; will retry')),
    everyMs: config.everyMs,
    share: SHARE,
  })

  async function readAll(): Promise<void> {
    const time = now()
    let changed = false
    for (const metric of metrics) {
      const value = await measure(metric, time).catch((error: unknown) => {
        // If a store fails, the reading ends. Any other error concerns only this metric.
        if (isRetryable(error)) throw error
        logger.warn({ err: error, metric: metric.name }, 'cannot read the live values of a metric')
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
    at = iso(time)
    if (changed || first) for (const listener of listeners) listener()
  }

  return {
    since(after) {
      if (at === null) return null
      const changed = [...held].filter(([, { seq: own }]) => own > after).map(([name, { value }]) => [name, value])
      return { at, seq, metrics: Object.fromEntries(changed) }
    },
    subscribe(listener) {
      listeners.add(listener)
      endAdvance ??= deps.onAdvance(reading.request)
      clock ??= setInterval(reading.request, config.clockMs).unref()
      reading.request()
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        endAdvance?.()
        endAdvance = undefined
        clearInterval(clock)
        clock = undefined
        reading.cancel()
      }
    },
  }
}
