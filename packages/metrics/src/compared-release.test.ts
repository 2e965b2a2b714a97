import type { Row } from '@northstar/events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALL_TRUTHS } from './contract/brute-force.ts'
import { breakdownsOf, isClose, membersOf } from './contract/compare.ts'
import { inside, type Truth } from './contract/folds.ts'
import { loadContractProduct, type MeasuredProduct, measureProduct } from './contract/measured-product.ts'
import { randomEvents } from './contract/random-events.ts'
import { metricKinds } from './index.ts'
import type { Metric } from './metric.ts'

const catalogue = await loadContractProduct()
const from = Date.parse('2026-01-10T00:00:00Z')
const now = Date.parse('2026-03-09T15:00:00Z')
const [OWN, OTHER] = ['1.1.0', '1.0.0']
let product: MeasuredProduct
let rows: Row[]

beforeAll(async () => {
  // Commands of both releases by the same users; every eighth row names no release.
  rows = randomEvents(3, from, now, 200).map((row, place) => ({
    ...row,
    version: place % 8 === 0 ? undefined : place % 3 === 0 ? OWN : OTHER,
  })) as Row[]
  product = await measureProduct({ product: catalogue, rows, now })
})
afterAll(() => product?.close())

const isFunnel = (metric: Metric) => metric.kind === 'funnel'
const compared = [...catalogue.metrics.values()].filter(one => metricKinds.get(one.kind)?.source === 'counted' || isFunnel(one))

/** The truth of a metric's part for one release. A funnel is filtered where users enter it; their later steps may be of another release. */
function truthOf(metric: Metric, part: string, version: string, span: { readonly from: number; readonly to: number }): Truth {
  const { calendar } = product.reader
  const own = rows.filter(row => row.version === version)
  const fold = ALL_TRUTHS[metric.name]?.[part]
  if (!fold) throw new RangeError(`no truth for ${metric.name} ${part}`)
  return fold(inside(own, span), isFunnel(metric) ? rows : own, span, { before: calendar.before('week', span), calendar, now })
}

describe('a metric of one release compared with another, as a whole, by its members and by its steps', () => {
  test.each(compared.map(metric => [metric.name, metric] as const))('%s', async (_, metric) => {
    const { reader } = product
    const range = { from: reader.calendar.startOf('2026-01-15'), to: reader.calendar.startOf('2026-03-05') }
    const question = {
      metric: metric.name,
      ...range,
      period: 'week',
      release: OWN,
      compare: `release:${OTHER}`,
      source: 'warehouse',
    } as const
    let seen = 0
    for (const [by, parts] of breakdownsOf(metric.name)) {
      const { points } = await reader.read({ ...question, ...(by !== '' && { by }) })
      for (const part of parts) {
        for (const span of reader.calendar.spans('week', range.from, range.to)) {
          const point = points.find(
            one => Date.parse(one.from) === span.from && membersOf(part).every(([name, member]) => String(one.by?.[name]) === member),
          )
          const [want, previous] = [truthOf(metric, part, OWN, span), truthOf(metric, part, OTHER, span)]
          const when = `${metric.name} ${part} ${new Date(span.from).toISOString()}: ${JSON.stringify(point)}`
          // A member that neither release has is not in the answer.
          expect(isClose(point?.value ?? null, point ? want.value : want.value || null, 1e-9), when).toBe(true)
          expect(isClose(point?.previous ?? null, point ? previous.value : previous.value || null, 1e-9), when).toBe(true)
          if (want.value && previous.value) seen++
        }
      }
    }
    if (metric.name !== 'collector_runs') expect(seen).toBeGreaterThan(0)
  })
})
