import type { Row } from '@northstar/events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Member } from './answer.ts'
import { quantile } from './contract/folds.ts'
import { type MeasuredProduct, measureProduct } from './contract/measured-product.ts'
import { hash, random } from './contract/random-events.ts'
import { metricKinds, metricRollups, metricViewName, metricViews } from './index.ts'

const PRODUCT = `
name: gifts
title: Gifts
timezone: UTC
launch: 2026-03-02
`
const PLAN = `
events:
  order:
    description: An order.
    user: required
    properties:
      gift: { type: boolean, description: A gift. }
      boxes: { type: integer, description: Boxes. }
      weight: { type: number, description: Weight. }
      city: { type: string, description: City. }
      amount: { type: number, required: true, description: Amount. }
      item: { type: integer, required: true, description: Item. }
      step: { type: string, required: true, values: [opened, closed], description: Step. }
`
const BY = ['gift', 'boxes', 'weight', 'city']
const shared = (unit: string) => `title: T, description: D, unit: ${unit}, by: [${BY.join(', ')}]`
const METRICS = `
metrics:
  orders: { ${shared('count')}, kind: count, events: order, target: { by: { gift: { false: 5, true: 5 }, city: { 'null': 3 } } } }
  buyers: { ${shared('count')}, kind: unique, events: order }
  turnover: { ${shared('number')}, kind: sum, events: order, of: amount }
  mean_order: { ${shared('number')}, kind: mean, events: order, of: amount }
  median_order: { ${shared('number')}, kind: percentile, events: order, of: amount, percentile: 50 }
  orders_per_user: { ${shared('per_user')}, kind: per_user, events: order }
  large: { ${shared('ratio')}, kind: share, events: order, matching: { amount: { at_least: 50 } } }
  errors: { ${shared('ratio')}, kind: ratio, numerator: { events: order, where: { step: closed } }, denominator: { events: order } }
  adopters: { ${shared('ratio')}, kind: adoption, events: order, active: order }
  smallest: { ${shared('number')}, kind: minimum, events: order, of: amount }
  largest: { ${shared('number')}, kind: maximum, events: order, of: amount }
  items: { ${shared('count')}, kind: distinct, events: order, of: item }
  per_item: { ${shared('number')}, kind: ratio_of_sums, numerator: { events: order, of: amount }, denominator: { events: order, of: item } }
  active: { ${shared('count')}, kind: rolling, events: order, days: 7 }
  last_amount: { title: T, description: D, unit: number, kind: latest, events: order, of: amount, by: [${BY.join(', ')}] }
  first_orders: { title: T, description: D, unit: ratio, kind: activation, first: order, next: order, within: 1h, by: [${BY.join(', ')}] }
  open: { title: T, description: D, unit: count, kind: open_items, events: order, item: item, opened: { step: opened }, closed: { step: closed }, by: [${BY.join(', ')}] }
  duration: { title: T, description: D, unit: hours, kind: time_between, events: order, item: item, start: { step: opened }, end: { step: closed }, by: [${BY.join(', ')}] }
`

const WEEK = 7 * 86_400_000
const from = Date.parse('2026-03-02T00:00:00Z')
const now = from + WEEK + 3_600_000

let product: MeasuredProduct
const rows: Row[] = []

beforeAll(async () => {
  const r = random(11)
  const pick = <T>(list: readonly T[]) => list[Math.floor(r() * list.length)] as T
  for (let i = 0; i < 400; i++) {
    const timestamp = from + Math.floor(r() * WEEK)
    const given = {
      gift: pick([true, false, undefined]),
      boxes: pick([0, 1, undefined]),
      weight: pick([0, 0.5, undefined]),
      city: pick(['', 'Oslo', undefined]),
    }
    rows.push({
      event: 'order',
      id: `o${i}`,
      timestamp,
      received_at: timestamp,
      user_id: hash(Math.floor(r() * 40)),
      session_id: '',
      amount: Math.round(r() * 10_000) / 100,
      item: Math.floor(i / 3),
      step: i % 3 === 0 ? 'opened' : pick(['opened', 'closed']),
      // Some items never have a property.
      ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && Math.floor(i / 3) % 4 > 0)) as Record<
        string,
        string | number | boolean
      >),
    })
  }
  product = await measureProduct({
    product: { product: PRODUCT, 'tracking-plan': PLAN, metrics: METRICS },
    rows,
    now,
    definitions: catalogue => ({ rollups: metricRollups(catalogue), views: metricViews(catalogue, now) }),
  })
})

afterAll(() => product?.close())

type Truth = (list: readonly Row[]) => readonly [value: number | null, sample: number]
const users = (list: readonly Row[]) => new Set(list.map(row => row.user_id)).size
const amounts = (list: readonly Row[]) => list.map(row => Number(row.amount))
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
const closed = (list: readonly Row[]) => list.filter(row => row.step === 'closed').length

const COUNTED: Readonly<Record<string, Truth>> = {
  orders: list => [list.length, list.length],
  buyers: list => [users(list), users(list)],
  turnover: list => [sum(amounts(list)), list.length],
  mean_order: list => [sum(amounts(list)) / list.length, list.length],
  median_order: list => [quantile(amounts(list), 0.5), list.length],
  orders_per_user: list => [list.length / users(list), users(list)],
  large: list => [amounts(list).filter(amount => amount >= 50).length / list.length, list.length],
  errors: list => [closed(list) / list.length, list.length],
  adopters: list => [1, users(list)],
  smallest: list => [Math.min(...amounts(list)), list.length],
  largest: list => [Math.max(...amounts(list)), list.length],
  items: list => [new Set(list.map(row => row.item)).size, list.length],
  per_item: list => [sum(amounts(list)) / sum(list.map(row => Number(row.item))), list.length],
  active: list => [users(list), users(list)],
  last_amount: list => [Number(list.toSorted((a, b) => a.timestamp - b.timestamp).at(-1)?.amount), list.length],
}

const membersOf = (by: string): readonly Member[] => [...new Set(rows.map(row => row[by] ?? null))]
const truthOf = (metric: string, by: string, member: Member) => {
  const own = rows.filter(row => (row[by] ?? null) === member)
  return COUNTED[metric]?.(own)
}
const close = (got: number | null | undefined, want: number | null | undefined, tolerance = 1e-12) =>
  got === want || Math.abs((got ?? Number.NaN) - (want ?? Number.NaN)) <= Math.abs(want ?? 0) * tolerance

describe.each(Object.keys(COUNTED))('%s', metric => {
  test.each(['warehouse', 'live'] as const)('events without the property are a member of their own: %s', async source => {
    if (source === 'live' && metricKinds.get(product.catalogue.metrics.get(metric)?.kind ?? '')?.source !== 'counted') return
    for (const by of BY) {
      const { points } = await product.reader.read({ metric, from, to: from + WEEK, period: 'week', by, source })
      // A member with a target is listed even without events.
      const members = [...membersOf(by), ...(metric === 'orders' && by === 'city' ? ['null'] : [])]
      expect(new Set(points.map(point => point.by?.[by]))).toEqual(new Set(members))
      expect(points).toHaveLength(members.length)
      for (const { by: own, value, sample } of points) {
        const [wanted, size] = truthOf(metric, by, own?.[by] ?? null) ?? []
        const estimated = source === 'live' ? 0.02 : 1e-12
        expect(close(value, wanted, estimated), `${metric} ${by}=${own?.[by]}: ${value} is not ${wanted}`).toBe(true)
        expect(close(sample, size, estimated)).toBe(true)
      }
    }
  })
})

test.each(['first_orders', 'open', 'duration'])('%s has a member for events without the property', async metric => {
  for (const by of BY) {
    const read = (question: object) =>
      product.reader.read({ metric, from, to: from + WEEK, period: 'week', source: 'warehouse', ...question })
    const { points } = await read({ by })
    const [whole] = (await read({})).points
    expect(new Set(points.map(point => point.by?.[by]))).toEqual(new Set(membersOf(by)))
    expect(sum(points.map(point => point.sample))).toBe(whole?.sample)
    if (metric === 'open') expect(sum(points.map(point => point.value ?? 0))).toBe(whole?.value)
  }
})

test('a member without the property has no target, whatever the targets name', async () => {
  const targets = async (by: string) =>
    new Map(
      (await product.reader.read({ metric: 'orders', from, to: from + WEEK, period: 'week', by })).points.map(p => [
        p.by?.[by],
        p.target?.value,
      ]),
    )
  expect(await targets('gift')).toEqual(
    new Map<Member, unknown>([
      [true, 5],
      [false, 5],
      [null, undefined],
    ]),
  )
  expect((await targets('city')).get(null)).toBeUndefined()
})

test('views have a row for events without the property', async () => {
  for (const [metric] of product.catalogue.metrics) {
    for (const by of BY) {
      const view = await product.warehouse.query<{ member: string | null; value: number; sample: number }>(
        `SELECT toString(\`${by}\`) AS member, value, sample FROM ${metricViewName(metric, by)} WHERE week = 1`,
      )
      const { points } = await product.reader.read({ metric, from, to: from + WEEK, period: 'week', by, source: 'warehouse' })
      expect(view).toHaveLength(points.length)
      for (const point of points) {
        const member = point.by?.[by] === null ? null : String(point.by?.[by])
        const row = view.find(one => one.member === member)
        expect(close(row?.value, point.value) && row?.sample === point.sample, `${metric} ${by}=${member}`).toBe(true)
      }
    }
  }
})
