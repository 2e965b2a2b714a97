import type { Warehouse } from '@northstar/clickhouse'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CohortPoint } from './answer.ts'
import { loadContractProduct, type MeasuredProduct, measureProduct } from './contract/measured-product.ts'
import { randomEvents } from './contract/random-events.ts'
import { durableEvents, type MetricReader, type MetricView, metricViewName, metricViews, viewedBreakdowns } from './index.ts'

const catalogue = await loadContractProduct()
// The views go by the engine's clock.
const now = Date.now()
let product: MeasuredProduct
let warehouse: Warehouse
let reader: MetricReader

beforeAll(async () => {
  // From before the launch, with a gap at the end.
  const rows = randomEvents(7, Date.parse('2026-01-05T00:00:00Z'), Date.parse('2026-02-20T00:00:00Z'), 150)
  product = await measureProduct({ product: catalogue, rows, now, definitions: () => ({ views: metricViews(catalogue, now) }) })
  warehouse = product.warehouse
  reader = product.reader
})

afterAll(() => product?.close())

interface ViewRow {
  readonly week: number
  readonly begins: string
  readonly ends: string
  readonly segment?: string
  readonly funnel_step?: string
  readonly lifecycle?: string
  readonly offset?: number
  /** Of a breakdown, chosen by the query. */
  readonly member?: string | null
  readonly value: number | null
  readonly sample: number
}

test.each([...catalogue.metrics.values()])('the view of $name shows the metric by week', async metric => {
  const rows = await warehouse.query<ViewRow>(`SELECT * FROM metrics.${metric.name}`)
  const { points } = await reader.read({
    metric: metric.name,
    from: reader.calendar.startOf(catalogue.product.launch),
    to: reader.calendar.periodAt('week', now).to,
    period: 'week',
    source: 'warehouse',
  })
  // The age of open items grows between the two readings of the running week.
  const isLasting = metric.kind !== 'open_age'
  const instant = (text: string) => Date.parse(`${text.replace(' ', 'T')}Z`)
  const want = points
    .filter(point => Date.parse(point.from) <= now && (isLasting || Date.parse(point.to) <= now))
    .map(point => {
      const { cohort, offset } = point as Partial<CohortPoint>
      const from = cohort === undefined ? Date.parse(point.from) : reader.calendar.startOf(cohort)
      const week = reader.calendar.weekNumber(from)
      return { week, from, part: offset ?? Object.values(point.by ?? {})[0] ?? null, value: round(point.value), sample: point.sample }
    })
  const shown = rows.filter(row => isLasting || instant(row.ends) <= now)
  const got = shown.map(row => ({
    week: row.week,
    from: instant(row.begins),
    part: row.offset ?? row.segment ?? row.funnel_step ?? row.lifecycle ?? null,
    value: round(row.value),
    sample: row.sample,
  }))
  const order = (list: typeof got) => list.toSorted((a, b) => a.week - b.week || (String(a.part) < String(b.part) ? -1 : 1))
  expect(order(got)).toEqual(order(want as typeof got))
  expect(rows.some(row => row.value !== null && row.value > 0)).toBe(true)
})

const breakdowns = [...catalogue.metrics.values()].flatMap(metric => viewedBreakdowns(metric, catalogue).map(by => ({ metric, by })))

test.each(breakdowns)('the view of $metric.name by $by shows each of its values by week', async ({ metric, by }) => {
  const rows = await warehouse.query<ViewRow>(`SELECT *, \`${by}\` AS member FROM ${metricViewName(metric.name, by)}`)
  const { points } = await reader.read({
    metric: metric.name,
    from: reader.calendar.startOf(catalogue.product.launch),
    to: reader.calendar.periodAt('week', now).to,
    period: 'week',
    source: 'warehouse',
    by,
  })
  const key = (week: number, member: unknown, value: number | null, sample: number) => `${week} ${member} ${round(value)} ${sample}`
  const want = points
    .filter(point => Date.parse(point.from) <= now)
    .map(point => key(reader.calendar.weekNumber(Date.parse(point.from)), point.by?.[by] ?? null, point.value, point.sample))
  expect(rows.map(row => key(row.week, row.member ?? null, row.value, row.sample)).sort()).toEqual(want.sort())
  expect(rows.length).toBeGreaterThan(0)
})

test('a breakdown whose name is taken has no view', () => {
  const [name = '', metric] = [...catalogue.metrics].find(([, { by }]) => by.length > 0) ?? []
  if (!metric) throw new Error('no metric has a breakdown')
  const [by = ''] = metric.by
  const taken = { ...metric, name: `${name}_by_${by}` }
  const metrics = new Map([...catalogue.metrics, [taken.name, taken]])
  expect(viewedBreakdowns(metric, { ...catalogue, metrics })).toEqual(metric.by.slice(1))
  expect(viewedBreakdowns({ ...metric, by: ['value'] }, catalogue)).toEqual([])
  const names = metricViews({ ...catalogue, metrics }, now).map(view => view.name)
  expect(new Set(names).size).toBe(names.length)
})

const round = (value: number | null) => (value === null ? null : Number(value.toPrecision(12)))

test('the views are made once, and the next year anew', async () => {
  const migrate = async (views: readonly MetricView[]) =>
    (await warehouse.migrate(catalogue.plan, { views, durableEvents: durableEvents(catalogue) })).applied
  expect(await migrate(metricViews(catalogue, now))).toEqual([])
  const nextYear = metricViews(catalogue, now + 53 * 7 * 86_400_000)
  expect(nextYear).toHaveLength(catalogue.metrics.size + breakdowns.length)
  expect(await migrate(nextYear)).toHaveLength(nextYear.length)
})
