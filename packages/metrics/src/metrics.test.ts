import type { Period } from '@northstar/catalogue'
import type { Row } from '@northstar/events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALL_TRUTHS } from './contract/brute-force.ts'
import { expectCohorts, expectTruth, isClose } from './contract/compare.ts'
import { loadContractProduct, type MeasuredProduct, measureProduct } from './contract/measured-product.ts'
import { randomEvents } from './contract/random-events.ts'
import { type MetricQuestion, type MetricReader, metricKinds } from './index.ts'
import type { CountedKind } from './kind.ts'

const SEED = Number(process.env.NORTHSTAR_TEST_SEED ?? 1)
const catalogue = await loadContractProduct()
const HOUR = 3_600_000
const from = Date.parse('2026-01-10T00:00:00Z')
/** A day after the clocks went forward, in the midst of things. */
const now = Date.parse('2026-03-09T15:00:00Z')

let product: MeasuredProduct
let reader: MetricReader
let rows: Row[]

beforeAll(async () => {
  rows = randomEvents(SEED, from, now, 300)
  const third = Math.ceil(rows.length / 3)
  const inserts = [0, 1, 2].map(i => rows.slice(i * third, (i + 1) * third))
  product = await measureProduct({ product: catalogue, rows, now, inserts, partitions: 2 })
  reader = product.reader
})

afterAll(() => product?.close())

const day = (date: string) => reader.calendar.startOf(date)

describe('from the warehouse, every metric has its true value', () => {
  const ranges: readonly [Period, string, string][] = [
    ['week', '2026-01-15', '2026-03-05'],
    ['day', '2026-03-01', '2026-03-10'],
    ['month', '2026-01-20', '2026-03-09'],
    ['calendar_week', '2026-02-03', '2026-03-03'],
    ['total', '2026-01-22', '2026-02-19'],
  ]
  for (const metric of Object.keys(ALL_TRUTHS)) {
    test(metric, async () => {
      for (const [period, start, end] of ranges) {
        const question = { metric, from: day(start), to: day(end), period, source: 'warehouse', compare: 'previous' } as const
        const answers = await expectTruth({ reader, rows, now }, question)
        expect(answers.map(answer => answer.source)).toEqual(answers.map(() => 'warehouse'))
      }
    })
  }

  test('retention', async () => {
    for (const period of ['week', 'day', 'month'] as const) {
      const [start, end] = period === 'day' ? [day('2026-03-01'), day('2026-03-09')] : [day('2026-01-15'), day('2026-03-05')]
      await expectCohorts({ reader, rows, now }, { from: start, to: end, period })
    }
  })

  test('users in more periods than a number has bits', async () => {
    const question = { from: day('2025-12-26'), to: day('2026-03-05'), period: 'day' } as const
    await expectTruth({ reader, rows, now }, { metric: 'churn_rate', ...question, source: 'warehouse' })
    await expectCohorts({ reader, rows, now }, question)
  })

  test('every metric of the contract product has a brute-force count', () => {
    expect([...catalogue.metrics.keys()].filter(name => name !== 'retention').toSorted()).toEqual(Object.keys(ALL_TRUTHS).toSorted())
  })
})

describe('from the live counters', () => {
  const live = [...catalogue.metrics.values()].filter(metric => metricKinds.get(metric.kind)?.source === 'counted')
  for (const { name, by, kind, definition } of live) {
    test(`${name} agrees with the warehouse`, async () => {
      const counted = metricKinds.get(kind) as CountedKind
      const has = (aggregate: string) => counted.parts(definition).some(part => part.kind === aggregate)
      const tolerance = has('percentiles') ? 0.01 : has('unique') ? 0.02 : 0
      const apart: string[] = []
      for (const dimension of [undefined, ...by]) {
        for (const [length, period] of [
          [40 * HOUR, 'hour'],
          [47 * HOUR, 'day'],
          [2 * HOUR, 'total'],
          [24 * HOUR, 'total'],
        ] as const) {
          const question = { metric: name, from: now - length, to: now, period, ...(dimension && { by: dimension }) }
          const warehouseAnswer = await reader.read({ ...question, source: 'warehouse' })
          const answer = await reader.read(question)
          const hasUnknown = warehouseAnswer.points.some(p => p.by && Object.values(p.by)[0] === null)
          if (!hasUnknown) expect(answer.source, `${name} by ${dimension} over ${length / HOUR} h`).toBe('live')
          expect(answer.points).toHaveLength(warehouseAnswer.points.length)
          answer.points.forEach((point, i) => {
            const other = warehouseAnswer.points[i]
            expect([point.from, point.to, point.by]).toEqual([other?.from, other?.to, other?.by])
            const isAlike = isClose(point.value, other?.value ?? null, tolerance)
            const restsOnAsMany = isClose(point.sample, other?.sample ?? null, has('unique') ? tolerance : 0)
            if (!isAlike || !restsOnAsMany) apart.push(`${JSON.stringify(point)} against ${JSON.stringify(other)}`)
          })
        }
      }
      // Of few ids two may share a register of the sketch, which is then one of them short: by much more than 2%, but seldom.
      expect(apart.length, apart.join('\n')).toBeLessThanOrEqual(has('unique') ? 3 : 0)
    })
  }

  test('one member by a filter', async () => {
    const question = {
      metric: 'response_time_p95',
      from: now - 5 * HOUR,
      to: now,
      period: 'total',
      where: { query_complexity: 'simple' },
    } as const
    const answer = await reader.read(question)
    expect(answer.source).toBe('live')
    const stored = await reader.read({ ...question, source: 'warehouse' })
    expect(answer.points[0]?.sample).toBe(stored.points[0]?.sample)
    expect(answer.points[0]?.target?.value).toBe(50)
  })

  test('spans that are not a sum of buckets, or too long ago, are read from the warehouse', async () => {
    const ask = (question: Partial<MetricQuestion>) =>
      reader.read({ metric: 'commands', from: now - HOUR, to: now, period: 'total', ...question })
    expect((await ask({})).source).toBe('live')
    expect((await ask({ from: now - HOUR + 1 })).source).toBe('warehouse')
    expect((await ask({ from: now - 49 * HOUR })).source).toBe('warehouse')
    expect((await ask({ metric: 'churn_rate' })).source).toBe('warehouse')
    await expect(ask({ metric: 'churn_rate', source: 'live' })).rejects.toMatchObject({ code: 'not_available' })
  })
})
