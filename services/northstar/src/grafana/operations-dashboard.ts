import type { Catalogue } from '@northstar/catalogue'
import { dashboardOf, type GrafanaDashboard, type PanelContent, positioned, type TimeSeriesField, type TimeSeriesOptions } from './model.ts'

const PROMETHEUS = { type: 'prometheus', uid: 'northstar-prometheus' }

type Query = readonly [expr: string, legend: string]

const p99 = (histogram: string, ...by: readonly string[]) =>
  `histogram_quantile(0.99, sum by (${['le', ...by].join(', ')}) (rate(${histogram}_bucket[$__rate_interval])))`
const rate = (counter: string, ...by: readonly string[]) =>
  `sum${by.length > 0 ? ` by (${by.join(', ')})` : ''} (rate(${counter}[$__rate_interval]))`

/** The processes' metrics from Prometheus, which do not depend on ClickHouse. */
export function operationsDashboard({ product, plan }: Catalogue): GrafanaDashboard {
  const kinds = [...plan.events.keys()].map((kind): Query => [rate(`analytics_${kind}_total`), kind])
  const panels = [
    graph('Events by kind', 'Counted events per second, without duplicates.', 'eps', 24, kinds),
    graph('Accepted and rejected', 'Accepted events, and rejected events by error code, per second.', 'eps', 12, [
      [rate('northstar_ingest_events_accepted_total'), 'accepted'],
      [rate('northstar_ingest_events_rejected_total', 'code'), 'rejected: {{code}}'],
    ]),
    graph('Requests', 'Requests to ingest per second, by HTTP status.', 'reqps', 12, [
      [rate('northstar_ingest_requests_total', 'status'), '{{status}}'],
    ]),
    graph('Consumer lag', 'Log records that a group has yet to process.', 'locale', 12, [
      ['sum by (group) (northstar_consumer_lag_records)', '{{group}}'],
    ]),
    graph('Processed events', 'Processed events per second, by group and outcome.', 'eps', 12, [
      [rate('northstar_consumer_events_total', 'group', 'outcome'), '{{group}} {{outcome}}'],
    ]),
    graph('Batch duration', '99th percentile of the time to process a batch.', 's', 12, [
      [p99('northstar_consumer_batch_seconds', 'group'), '{{group}}'],
    ]),
    graph('Batch size', 'Events in a batch. Near the limit a group cannot keep up.', 'locale', 12, [
      ['max by (group) (northstar_consumer_batch_events)', '{{group}}'],
    ]),
    graph('Append duration', '99th percentile of the time to append to the log. Clients wait for it.', 's', 12, [
      [p99('northstar_ingest_append_seconds'), 'append'],
    ]),
    graph('Rule evaluation', '99th percentile of the time to evaluate an alert rule.', 's', 12, [
      [p99('northstar_alerts_evaluation_seconds'), 'evaluation'],
    ]),
    graph('Notifications', 'Notifications by channel and outcome.', 'locale', 12, [
      ['sum by (channel, outcome) (increase(northstar_alerts_notifications_total[$__rate_interval]))', '{{channel}} {{outcome}}'],
    ]),
    graph(
      'Age of collected figures',
      'Seconds since the last complete run of a collector began: its figures are unknown since then.',
      's',
      12,
      [['time() - max by (collector) (northstar_collector_fresh_seconds)', '{{collector}}']],
    ),
    graph('Runs of collectors', 'In the time between two points, by collector and outcome.', 'locale', 12, [
      ['sum by (collector, outcome) (increase(northstar_collector_runs_total[$__rate_interval]))', '{{collector}} {{outcome}}'],
    ]),
    graph('Memory', 'Resident memory of each process.', 'bytes', 12, [['process_resident_memory_bytes', '{{instance}}']]),
    graph('CPU', 'CPU cores used by each process.', 'none', 12, [['rate(process_cpu_seconds_total[$__rate_interval])', '{{instance}}']]),
    graph('Event loop lag', '99th percentile of the event loop lag of each process.', 's', 12, [
      ['nodejs_eventloop_lag_p99_seconds', '{{instance}}'],
    ]),
  ]
  return {
    ...dashboardOf(product, '-operations'),
    title: `${product.title}: operations`,
    time: { from: 'now-6h', to: 'now' },
    refresh: '30s',
    panels: positioned(panels),
  }
}

function graph(title: string, description: string, unit: string, width: number, queries: readonly Query[]): PanelContent {
  const options = {
    legend: { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] },
    tooltip: { mode: 'multi', sort: 'desc' },
  } satisfies TimeSeriesOptions
  const custom = { lineWidth: 1, fillOpacity: 10, showPoints: 'never' } satisfies TimeSeriesField
  return {
    width,
    height: 8,
    panel: {
      type: 'timeseries',
      title,
      description,
      datasource: PROMETHEUS,
      targets: queries.map(([expr, legendFormat], i) => ({ refId: `Q${i + 1}`, datasource: PROMETHEUS, expr, legendFormat, range: true })),
      fieldConfig: { defaults: { unit, min: 0, custom }, overrides: [] },
      options,
    },
  }
}
