import type { Installation } from '../support/installation.ts'

/** The histograms along the way from an event to its webhook. `log wait` begins when the log has taken a record. */
const SPANS = {
  'ingest append': 'northstar_ingest_append_seconds',
  'log wait': 'northstar_consumer_wait_seconds{group="counters"}',
  'fold and commit': 'northstar_consumer_batch_seconds{group="counters"}',
  'commit of counters': 'northstar_counters_apply_seconds',
  'evaluation of a rule': 'northstar_alerts_evaluation_seconds',
  'write of decisions': 'northstar_alerts_write_seconds',
  send: 'northstar_alerts_send_seconds',
  'insert of a batch': 'northstar_consumer_batch_seconds{group="warehouse"}',
} as const

type Totals = ReadonlyMap<string, { readonly seconds: number; readonly count: number }>

/** The sums of the spans so far, over all processes. */
export async function readSpans(installation: Installation): Promise<Totals> {
  const texts = await Promise.all(installation.services.map(async ({ metricsUrl }) => (await fetch(`${metricsUrl}/metrics`)).text()))
  const sumOf = (metric: string, suffix: string) => {
    const [name = '', labels = ''] = metric.split('{')
    const lines = texts
      .flatMap(text => text.split('\n'))
      .filter(line => line.startsWith(name + suffix) && line.includes(labels.replace('}', '')))
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  }
  return new Map(Object.entries(SPANS).map(([span, metric]) => [span, { seconds: sumOf(metric, '_sum'), count: sumOf(metric, '_count') }]))
}

/** The mean and the number of each span between two readings, as lines for a person. */
export function describeSpans(before: Totals, after: Totals, seconds: number): string {
  return [...after]
    .map(([span, { seconds: sum, count }]) => {
      const times = count - (before.get(span)?.count ?? 0)
      const mean = times === 0 ? 0 : ((sum - (before.get(span)?.seconds ?? 0)) / times) * 1_000
      return `  ${span.padEnd(22)} ${mean.toFixed(1).padStart(7)} ms  ${(times / seconds).toFixed(1).padStart(7)} a second`
    })
    .join('\n')
}
