import { createServer } from 'node:http'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Component } from './lifecycle.ts'

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Functions that register metrics. */
function createFactory(registers: Registry[]) {
  return {
    counter: <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
      new Counter<L>({ name, help, labelNames: [...labelNames], registers }),
    gauge: <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
      new Gauge<L>({ name, help, labelNames: [...labelNames], registers }),
    histogram: <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
      new Histogram<L>({ name, help, labelNames: [...labelNames], buckets: SECONDS, registers }),
  }
}

type Factory = ReturnType<typeof createFactory>

/** All metrics of a process, with their meaning for people on call. */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const factory = createFactory([registry])
  return {
    registry,
    ...ingestMetrics(factory),
    ...consumerMetrics(factory),
    ...alertMetrics(factory),
    ...collectorMetrics(factory),
    ...eventCounters(factory, registry),
  }
}

const ingestMetrics = ({ counter, histogram }: Factory) => ({
  eventsAccepted: counter('northstar_ingest_events_accepted_total', 'Events that were accepted (202): they are durable in the log.'),
  eventsRejected: counter(
    'northstar_ingest_events_rejected_total',
    'Events that were refused, by error code. A rise means that a client violates the tracking plan.',
    ['code'],
  ),
  requests: counter('northstar_ingest_requests_total', 'Requests to ingest, by HTTP status.', ['status']),
  appendSeconds: histogram('northstar_ingest_append_seconds', 'Time until a flush was durable in the log. Clients wait for it.'),
})

const consumerMetrics = ({ counter, gauge, histogram }: Factory) => ({
  eventsProcessed: counter(
    'northstar_consumer_events_total',
    'Events that a consumer group has processed, by group and outcome (stored, duplicate, dead_lettered).',
    ['group', 'outcome'],
  ),
  waitSeconds: histogram(
    'northstar_consumer_wait_seconds',
    'Time from appending the oldest record of a batch until its processing began, by group: fetching and gathering.',
    ['group'],
  ),
  batchSeconds: histogram('northstar_consumer_batch_seconds', 'Time to process one batch, by group.', ['group']),
  applySeconds: histogram('northstar_counters_apply_seconds', 'Time to apply one batch to the live counters.'),
  batchEvents: gauge(
    'northstar_consumer_batch_events',
    'Events in the latest batch, by group. Stays near its limit when the consumer cannot keep up.',
    ['group'],
  ),
  lagRecords: gauge(
    'northstar_consumer_lag_records',
    'Log records behind the end of the partition, by group and partition. Grows when a consumer is down or too slow.',
    ['group', 'partition'],
  ),
  standstillSeconds: gauge(
    'northstar_consumer_standstill_seconds',
    'Time for which a group has processed none of its waiting log records, 0 if none wait. Grows when no process has its role. By the role api.',
    ['group'],
  ),
  logIncidents: gauge(
    'northstar_log_incidents',
    'Unacknowledged losses of the event log, by group and kind. Any value but 0 needs an operator.',
    ['group', 'kind'],
  ),
})

const alertMetrics = ({ counter, histogram }: Factory) => ({
  ruleEvaluations: counter('northstar_alerts_evaluations_total', 'Evaluations of single alert rules.'),
  evaluationSeconds: histogram('northstar_alerts_evaluation_seconds', 'Time to evaluate one rule, including its query to the stores.'),
  decisionSeconds: histogram(
    'northstar_alerts_write_seconds',
    'Time to persist the outcomes of one turn of the alerting loop, before notifications are sent.',
  ),
  sendSeconds: histogram('northstar_alerts_send_seconds', 'Time of one attempt to send a notification, by channel.', ['channel']),
  notifications: counter('northstar_alerts_notifications_total', 'Notifications, by channel and outcome (sent, retried, failed).', [
    'channel',
    'outcome',
  ]),
})

const collectorMetrics = ({ counter, gauge }: Factory) => ({
  collectorRuns: counter(
    'northstar_collector_runs_total',
    'Runs of collectors, by outcome: complete, partial (continues at once), waiting (rate limit), failed. Without complete runs figures are stale.',
    ['collector', 'outcome'],
  ),
  collectorFreshAt: gauge(
    'northstar_collector_fresh_seconds',
    'Start of the last complete run of a collector, seconds since 1970. Alert on its age.',
    ['collector'],
  ),
})

/** One counter for each event kind. */
function eventCounters({ counter }: Factory, registry: Registry) {
  const events = new Map<string, readonly Counter[]>()
  const eventCounter = (title: string, kind: string): Counter => {
    const name = `analytics_${title}_total`
    const known = registry.getSingleMetric(name)
    return known instanceof Counter ? known : counter(name, `Events of kind ${kind} that this process counted, without duplicates.`)
  }
  return {
    /**
     * One series for each event kind, `analytics_<event>_total`, and one under the name of its view if that differs (`analytics.crashes`). They
     * begin at 0, so that a rate includes the first event.
     */
    declareEvents(kinds: Iterable<{ readonly name: string; readonly view: string }>): void {
      for (const { name, view } of kinds) {
        const [database, title = ''] = view.split('.')
        const names = database === 'analytics' && title !== name ? [name, title] : [name]
        events.set(
          name,
          names.map(each => eventCounter(each, name)),
        )
      }
    },
    countEvents(kind: string, count: number): void {
      for (const each of events.get(kind) ?? [eventCounter(kind, kind)]) each.inc(count)
    },
  }
}

export type Metrics = ReturnType<typeof createMetrics>

/** Serves `/metrics` on a port of its own, so that scrapers do not need access to the public one. */
export function createMetricsServer(metrics: Metrics, host: string, port: number): Component {
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('The metrics are at /metrics.\n')
      return
    }
    metrics.registry.metrics().then(
      text => response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text),
      () => response.writeHead(500, { 'content-type': 'text/plain' }).end('The metrics could not be read.\n'),
    )
  })
  return {
    name: 'metrics',
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', error => reject(addressError('NORTHSTAR_METRICS_PORT', host, port, error)))
        server.listen(port, host, () => resolve())
      }),
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** An error that names the setting to change: the host's if this machine does not have the address, else the port's. */
export function addressError(variable: string, host: string, port: number, cause: Error): Error {
  const code = (cause as NodeJS.ErrnoException).code ?? cause.message
  const isHost = ['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL'].includes(code)
  return new Error(`cannot listen on ${host}:${port}: ${code}; choose another with ${isHost ? 'NORTHSTAR_HOST' : variable}`, { cause })
}
