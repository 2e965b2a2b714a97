import { aggregateCode, countOfKind } from '@northstar/live-counters'
import { expect, test } from 'vitest'
import { loadContractProduct, measureProduct } from './contract/measured-product.ts'
import { randomEvents } from './contract/random-events.ts'
import { liveCodesOf, metricKinds } from './index.ts'

const catalogue = await loadContractProduct()
const from = Date.parse('2026-01-10T00:00:00Z')
const now = Date.parse('2026-03-09T15:00:00Z')

const readBy = (name: string): readonly string[] | undefined => {
  const metric = catalogue.metrics.get(name)
  return metric && metricKinds.get(metric.kind)?.readsEvents?.(metric.definition)
}
const names = [...catalogue.metrics.keys()].filter(name => readBy(name) !== undefined)
/** The metrics that read the same event kinds. */
const groups = [...new Set(names.map(name => JSON.stringify(readBy(name))))].map(
  kinds => [kinds, names.filter(name => JSON.stringify(readBy(name)) === kinds)] as const,
)

const rows = randomEvents(5, from, now, 60)

/** The values of metrics by week in a warehouse with these rows alone. */
async function valuesOf(metrics: readonly string[], given: typeof rows) {
  const product = await measureProduct({ product: catalogue, rows: given, now })
  try {
    const answers = await Promise.all(metrics.map(metric => product.reader.read({ metric, from, to: now, period: 'week' })))
    return new Map(metrics.map((metric, i) => [metric, answers[i]?.points]))
  } finally {
    await product.close()
  }
}

test('a metric that reads certain event kinds has the same values without the others', { timeout: 60_000 }, async () => {
  const whole = await valuesOf(names, rows)
  for (const [kinds, metrics] of groups) {
    const read = new Set(JSON.parse(kinds) as string[])
    const own = rows.filter(row => read.has(row.event))
    for (const [metric, points] of await valuesOf(metrics, own)) expect(points, metric).toEqual(whole.get(metric))
  }
})

test('open bugs move with the events of bugs alone, a metric of any event with everything', () => {
  const kinds = readBy('bugs_open') ?? []
  expect(kinds.length).toBeGreaterThan(0)
  expect(liveCodesOf('bugs_open', catalogue)).toEqual(new Set(kinds.map(kind => aggregateCode(countOfKind(kind)))))
  expect(liveCodesOf('retention', catalogue)).toBeNull()
})
