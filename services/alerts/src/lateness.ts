import type { AlertRule } from '@northstar/alerting'
import { HOUR_MS } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { type Metric, metricKinds } from '@northstar/metrics'

export interface LatenessDeps {
  readonly query: Warehouse['query']
  readonly metrics: ReadonlyMap<string, Metric>
  readonly now: () => number
  readonly onFailure: (error: unknown) => void
}

export interface Lateness {
  /** Lateness of the events of the rule's metric, ms: the 99th percentile of the last hour. */
  of(rule: AlertRule): number
  /** Maximum over all kinds. */
  readonly worst: number
  /** Starts a measurement in the background if one is due. */
  refresh(): void
}

const MEASURE_EVERY_MS = 60_000
const LOOK_BACK_MS = HOUR_MS
/** Later events were not sent live (an import, an offline machine), and no rule waits for them. */
const LIVE_MS = 900_000
/** Fewer events have no meaningful percentile. */
const MIN_EVENTS = 50

/** Measures in the warehouse how long after their timestamp events of each kind arrive. The lateness is 0 until it was measured. */
export function createLateness({ query, metrics, now, onFailure }: LatenessDeps): Lateness {
  let late: ReadonlyMap<string, number> = new Map()
  let measuredAt = Number.NEGATIVE_INFINITY
  let measuring = false
  const kindsOf = new Map([...metrics].map(([name, metric]) => [name, eventsOf(metric)]))
  const worst = () => Math.max(0, ...late.values())

  async function measure(): Promise<void> {
    const rows = await query<{ readonly event: string; readonly late: number; readonly events: number }>(
      `SELECT event, quantile(0.99)(toUnixTimestamp64Milli(received_at) - toUnixTimestamp64Milli(e.timestamp)) AS late, count() AS events
       FROM events AS e
       WHERE e.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND received_at >= fromUnixTimestamp64Milli({from:Int64})
         AND toUnixTimestamp64Milli(received_at) - toUnixTimestamp64Milli(e.timestamp) <= {live:Int64}
       GROUP BY event`,
      { params: { from: now() - LOOK_BACK_MS, live: LIVE_MS } },
    )
    late = new Map(
      rows.filter(row => row.events >= MIN_EVENTS).map(row => [row.event, Math.round(Math.min(LIVE_MS, Math.max(0, row.late)))]),
    )
  }

  return {
    of(rule) {
      const kinds = kindsOf.get(rule.metric) ?? []
      return kinds.length === 0 ? worst() : Math.max(0, ...kinds.map(kind => late.get(kind) ?? 0))
    },
    get worst() {
      return worst()
    },
    refresh() {
      if (measuring || Math.abs(now() - measuredAt) < MEASURE_EVERY_MS) return
      measuring = true
      measuredAt = now()
      measure()
        .catch(onFailure)
        .finally(() => {
          measuring = false
        })
    },
  }
}

/** The event kinds that a metric reads; empty: any. */
function eventsOf(metric: Metric): readonly string[] {
  const kind = metricKinds.get(metric.kind)
  if (kind?.source !== 'counted') return []
  const parts = kind.parts(metric.definition).map(part => part.events)
  return parts.some(events => events.length === 0) ? [] : parts.flat()
}
