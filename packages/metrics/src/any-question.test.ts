import { PERIODS, type Period } from '@northstar/catalogue'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadContractProduct, type MeasuredProduct, measureProduct } from './contract/measured-product.ts'
import { randomEvents } from './contract/random-events.ts'
import { MetricQueryError, type MetricQuestion, metricKinds } from './index.ts'

const catalogue = await loadContractProduct()
const from = Date.parse('2026-01-10T00:00:00Z')
const now = Date.parse('2026-03-09T15:30:00Z')

/** One metric of each kind. */
const METRICS = [...new Map([...catalogue.metrics.values()].map(metric => [metric.kind, metric])).values()]

let product: MeasuredProduct

beforeAll(async () => {
  product = await measureProduct({ product: catalogue, rows: randomEvents(9, from, now, 20), now })
})

afterAll(() => product?.close())

/** The answer, or the error that a caller can correct; any other error fails the test. */
async function ask(question: MetricQuestion) {
  try {
    return { points: (await product.reader.read(question)).points }
  } catch (error) {
    if (error instanceof MetricQueryError) return { code: error.code, message: error.message }
    throw new Error(`${JSON.stringify(question).slice(0, 300)}: ${String(error)}`, { cause: error })
  }
}

/** Spans without events. `ahead`: nothing in them has been measured yet. */
const EMPTY: Readonly<Record<string, readonly [from: string, to: string, ahead: boolean]>> = {
  'around 1970': ['1969-12-30T11:00:00Z', '1970-01-02T03:00:00Z', false],
  'before the first event': ['2025-05-01T00:00:00Z', '2025-05-03T00:00:00Z', false],
  'in the future, where times of 32 bits end': ['2106-02-06T00:00:00Z', '2106-02-08T12:00:00Z', true],
}

test('the contract product has a metric of every kind', () => {
  expect(METRICS.map(({ kind }) => kind).toSorted()).toEqual([...metricKinds.keys()].toSorted())
})

describe.each(METRICS)('$kind ($name)', ({ name, kind, definition }) => {
  test.each(PERIODS)('by %s, a span without events has no value or 0', async period => {
    for (const [what, [start, end, ahead]] of Object.entries(EMPTY)) {
      const answer = await ask({ metric: name, from: Date.parse(start), to: Date.parse(end), period, compare: 'previous' })
      if (answer.points === undefined) {
        expect([answer.code, answer.message], what).toEqual(['unknown_period', expect.stringContaining('period of cohorts')])
        continue
      }
      expect(answer.points.length, what).toBeGreaterThan(0)
      for (const { value, sample } of answer.points) {
        expect(ahead ? [null] : [null, 0], what).toContain(value)
        expect(sample, what).toBe(0)
      }
    }
  })

  test('all the time that can be stored is answered, or refused as too much', async () => {
    const all = { metric: name, from: Date.UTC(1900, 0, 1), to: Date.UTC(2299, 11, 31) }
    for (const period of ['year', 'quarter', 'hour'] satisfies Period[]) {
      const answer = await ask({ ...all, period })
      const mayRefuse = period !== 'year' || metricKinds.get(kind)?.source === 'cohorts'
      if (mayRefuse && answer.points === undefined) expect(answer.code).toBe('too_much')
      else expect(answer.points?.length).toBeGreaterThanOrEqual(400)
    }
    expect(await ask({ ...all, from: all.from - 1, period: 'total' })).toMatchObject({
      code: 'bad_range',
      message: expect.stringMatching(/`from`/),
    })
    expect(await ask({ ...all, to: all.from, period: 'year' })).toMatchObject({
      code: 'bad_range',
      message: expect.stringMatching(/`from`/),
    })
  })

  test('a value that a property cannot have filters everything out, or is refused by its name', async () => {
    const properties = metricKinds.get(kind)?.dimensions(definition, catalogue.plan) ?? []
    for (const property of properties) {
      for (const value of ['', "\u0000'; DROP TABLE events --", '9007199254740993', '1e999', 'NaN', `${'x'.repeat(10_000)}💥`]) {
        const answer = await ask({ metric: name, from, to: now, period: 'month', where: { [property]: value } })
        if (answer.points === undefined) expect([answer.code, answer.message]).toEqual(['unknown_value', expect.stringContaining(property)])
        else for (const point of answer.points) expect([null, 0], property).toContain(point.value)
      }
    }
    expect(await ask({ metric: name, from, to: now, period: 'month', by: 'no_such' })).toMatchObject({
      code: 'unknown_property',
      message: expect.stringContaining('"no_such"'),
    })
  })
})
