import type { Row } from '@northstar/events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadDeployed, type MeasuredProduct, measureProduct } from './contract/measured-product.ts'
import { hash, random } from './contract/random-events.ts'
import type { MetricQuestion } from './index.ts'

const now = Date.parse('2026-03-30T10:00:00Z')
const from = Date.parse('2026-03-28T23:00:00Z')
let product: MeasuredProduct
const rows: Row[] = []

beforeAll(async () => {
  const r = random(5)
  const pick = (list: readonly string[]) => list[Math.floor(r() * list.length)] ?? ''
  const add = (event: string, properties: Record<string, string | number | boolean>) => {
    const timestamp = from + Math.floor(r() * (now - from))
    rows.push({
      event,
      id: `w${rows.length}`,
      timestamp,
      received_at: timestamp,
      user_id: hash(Math.floor(r() * 300)),
      session_id: '',
      ...properties,
    })
  }
  for (let i = 0; i < 2_000; i++) add('visit', { source: pick(['search', 'direct']), device: pick(['desktop', 'phone']) })
  for (let i = 0; i < 200; i++)
    add('order_placed', { amount: Math.round(r() * 20_000) / 100, payment: pick(['card', 'invoice']), device: pick(['desktop', 'phone']) })
  for (let i = 0; i < 400; i++) add('basket_filled', { device: pick(['desktop', 'phone']) })
  for (let i = 0; i < 50; i++)
    add('delivery', { parcel: `p${i % 30}`, step: i < 30 ? 'sent' : pick(['delivered', 'lost']), carrier: pick(['a', 'b']) })
  product = await measureProduct({ product: loadDeployed('webshop'), rows, now })
})

afterAll(() => product?.close())

const total = async (metric: string, question: Partial<MetricQuestion> = {}) =>
  (await product.reader.read({ metric, from, to: now, period: 'total', ...question })).points
const orders = () => rows.filter(row => row.event === 'order_placed')
const amounts = (list: readonly Row[]) => list.reduce((sum, row) => sum + Number(row.amount), 0)

test('its figures, stored and live, are those of the events', async () => {
  const visitors = new Set(rows.filter(row => row.event === 'visit').map(row => row.user_id)).size
  for (const source of ['live', 'warehouse'] as const) {
    expect((await total('turnover', { source }))[0]?.value).toBeCloseTo(amounts(orders()), 6)
    expect((await total('turnover', { source, by: 'payment' })).find(p => p.by?.payment === 'card')?.value).toBeCloseTo(
      amounts(orders().filter(o => o.payment === 'card')),
      6,
    )
    expect((await total('order_value', { source }))[0]?.value).toBeCloseTo(amounts(orders()) / orders().length, 6)
    expect((await total('large_orders', { source }))[0]?.value).toBe(orders().filter(o => Number(o.amount) >= 100).length)
    const found = (await total('visitors', { source }))[0]?.value ?? 0
    expect(Math.abs(found - visitors)).toBeLessThanOrEqual(source === 'live' ? visitors * 0.02 : 0)
  }
})

test('the day on which the clocks went forward has 23 hours', async () => {
  const points = await total('turnover', { period: 'day' })
  expect(points.map(p => [p.from, p.to, p.complete])).toEqual([
    ['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z', true],
    ['2026-03-29T22:00:00.000Z', '2026-03-30T10:00:00.000Z', false],
  ])
  expect(points.reduce((sum, p) => sum + (p.value ?? 0), 0)).toBeCloseTo(amounts(orders()), 6)
})

test('a parcel is under way until it is delivered or lost', async () => {
  const last = new Map<unknown, string>()
  const sent = new Set<unknown>(rows.filter(row => row.step === 'sent').map(row => row.parcel))
  for (const row of rows.filter(one => one.event === 'delivery').toSorted((a, b) => a.timestamp - b.timestamp))
    last.set(row.parcel, String(row.step))
  expect((await total('parcels_under_way'))[0]?.value).toBe(
    [...last].filter(([parcel, step]) => sent.has(parcel) && step === 'sent').length,
  )
})

test('metrics without events have no value', async () => {
  expect((await total('page_load_p75'))[0]).toMatchObject({ value: null, sample: 0 })
  expect((await total('stock'))[0]).toMatchObject({ value: null })
})

test('a funnel has a value for each step and a target for the last, and can be broken down as well', async () => {
  const steps = (await total('checkout')).map(point => [point.by?.funnel_step, point.value, point.sample, point.target?.value])
  const [visit, basket, order] = steps.map(step => Number(step[1]))
  expect(steps.map(([name]) => name)).toEqual(['visit', 'basket', 'order'])
  expect([visit, steps[2]?.[3]]).toEqual([1, 0.03])
  expect(basket).toBeLessThan(1)
  expect(order).toBeLessThan(basket ?? 0)
  const phones = (await total('checkout', { by: 'device' })).filter(point => point.by?.device === 'phone')
  expect(phones.map(point => point.by?.funnel_step)).toEqual(['visit', 'basket', 'order'])
  expect(phones[0]?.sample).toBe((await total('visitors', { where: { device: 'phone' }, source: 'warehouse' }))[0]?.value)
})

test('its customers are new, since it has just opened', async () => {
  const buyers = new Set(orders().map(row => row.user_id)).size
  expect((await total('customers')).map(point => [point.by?.lifecycle, point.value, point.sample])).toEqual([
    ['new', buyers, buyers],
    ['returning', 0, buyers],
    ['resurrected', 0, buyers],
  ])
})
