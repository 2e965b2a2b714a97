import type { Period } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { type Row, tableBlock } from '@northstar/events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isClose } from './contract/compare.ts'
import { quantile } from './contract/folds.ts'
import { loadDeployed, type MeasuredProduct, measureProduct } from './contract/measured-product.ts'
import { randomEvents } from './contract/random-events.ts'
import { type MetricReader, metricRollups } from './index.ts'
import type { Metric } from './metric.ts'

const SEED = Number(process.env.NORTHSTAR_TEST_SEED ?? 1)
const catalogue = loadDeployed('caro')
const now = Date.parse('2026-03-09T15:00:00Z')
const FEW = 1_000

let product: MeasuredProduct
let warehouse: Warehouse
let reader: MetricReader
let rows: Row[]
/** The queries since the list was emptied, and the number of rows that the engine read. */
const asked: { readonly sql: string; readonly plan: string }[] = []

beforeAll(async () => {
  rows = randomEvents(SEED, Date.parse('2026-01-10T00:00:00Z'), now, 300)
  const half = Math.ceil(rows.length / 2)
  const inserts = [rows.slice(0, half), rows.slice(half)]
  product = await measureProduct({
    product: catalogue,
    rows,
    now,
    inserts,
    definitions: () => ({ rollups: metricRollups(catalogue) }),
  })
  warehouse = product.warehouse
  reader = product.readerWith({
    async query(sql, params) {
      const lines = await warehouse.query<{ explain: string }>(`EXPLAIN ${sql}`, { params })
      asked.push({ sql, plan: lines.map(line => line.explain).join('\n') })
      return warehouse.query(sql, { params })
    },
    exactUpTo: FEW,
  })
})

afterAll(() => product?.close())

const launch = () => reader.calendar.startOf(catalogue.product.launch)
const percentiles = [...catalogue.metrics.values()].filter(metric => metric.kind === 'percentile')

/** The values of a metric, in order. */
function valuesOf(metric: Metric, from: number, to: number, of: (row: Row) => boolean = () => true): number[] {
  const { events, of: property } = metric.definition as { events: readonly string[]; of: string }
  const meant = rows.filter(row => events.includes(row.event) && row.timestamp >= from && row.timestamp < to && of(row))
  return meant.flatMap(row => (typeof row[property] === 'number' ? [row[property]] : [])).sort((a, b) => a - b)
}

function expectWithin(got: number | null, sorted: readonly number[], level: number) {
  const rank = (level / 100) * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]]
  if (low === undefined || high === undefined) return expect(got).toBeNull()
  expect(got).toBeGreaterThanOrEqual(low * 0.99 - 1e-9)
  expect(got).toBeLessThanOrEqual(high * 1.01 + 1e-9)
}

describe('percentiles over very many values come from sketches, within 1%', () => {
  test.each(percentiles)('$name', async metric => {
    const { percentile: level } = metric.definition as { percentile: number }
    for (const by of [undefined, ...metric.by]) {
      for (const period of ['week', 'day', 'total'] satisfies Period[]) {
        asked.length = 0
        const { points } = await reader.read({
          metric: metric.name,
          from: launch(),
          to: now - (now % 3_600_000),
          period,
          source: 'warehouse',
          by,
        })
        expect(asked[0]?.plan).toMatch(/ReadFromMergeTree \(percentiles_by_query_complexity_\w+\)/)
        expect(asked[0]?.plan).not.toContain('events)')
        for (const point of points) {
          const member = by === undefined ? undefined : (point.by?.[by] ?? null)
          const values = valuesOf(
            metric,
            Date.parse(point.from),
            Date.parse(point.to),
            row => by === undefined || (row[by] ?? null) === member,
          )
          expect(point.sample).toBe(values.length)
          if (point.sample > FEW) expectWithin(point.value, values, level)
          else expect(isClose(point.value, quantile(values, level / 100), 1e-12)).toBe(true)
        }
        expect(points.some(point => point.value !== null && point.sample > 20)).toBe(true)
      }
    }
  })

  test('a week is the same whichever weeks are asked with it', async () => {
    const few = product.readerWith({ exactUpTo: 300 })
    const weeks = async (from: number, to: number, by?: string) =>
      (await few.read({ metric: 'response_time_p95', from, to, period: 'week', source: 'warehouse', by })).points
    for (const by of [undefined, 'query_complexity']) {
      const all = await weeks(launch(), reader.calendar.startOf('2026-03-05'), by)
      expect(new Set(all.map(point => point.sample > 300))).toEqual(new Set([true, false]))
      for (const from of new Set(all.map(point => Date.parse(point.from)))) {
        const alone = await weeks(from, from + 7 * 86_400_000, by)
        for (const point of alone) expect(all).toContainEqual(point)
      }
    }
  })

  test('of one member by a filter', async () => {
    asked.length = 0
    const where = { query_complexity: 'simple' }
    const { points } = await reader.read({
      metric: 'response_time_p95',
      from: launch(),
      to: launch() + 40 * 86_400_000,
      period: 'total',
      where,
    })
    expect(asked.at(-1)?.plan).toContain('ReadFromMergeTree (percentiles_by_query_complexity')
    const metric = catalogue.metrics.get('response_time_p95') as Metric
    const values = valuesOf(metric, launch(), launch() + 40 * 86_400_000, row => row.query_complexity === 'simple')
    expect(points[0]?.sample).toBe(values.length)
    expectWithin(points[0]?.value ?? null, values, 95)
  })
})

test('small counts, spans that are not whole hours, and breakdowns without a sketch are read from the rows', async () => {
  const ask = async (question: { to?: number; where?: Record<string, string> }) => {
    asked.length = 0
    await reader.read({
      metric: 'response_time_p95',
      from: launch(),
      to: now - (now % 3_600_000),
      period: 'total',
      source: 'warehouse',
      ...question,
    })
    return asked.at(-1)?.sql ?? ''
  }
  expect(await ask({})).toContain('quantilesDD')
  expect(await ask({ to: launch() + 3 * 3_600_000 })).toContain('quantilesExactInclusive')
  expect(await ask({ to: now - 1 })).toContain('quantilesExactInclusive')
  expect(await ask({ where: { platform: 'linux' } })).toContain('quantilesExactInclusive')
})

describe('the exact number of different sessions of any events is read from their rollup', () => {
  const rate = () => ({ metric: 'crash_rate', from: launch(), to: now - (now % 3_600_000), source: 'warehouse' }) as const
  const different = (list: readonly Row[]) => new Set(list.map(row => row.session_id).filter(id => id !== '')).size

  test.each([undefined, 'platform', 'version'])('by %s', async by => {
    for (const period of ['week', 'day', 'total'] satisfies Period[]) {
      asked.length = 0
      const { points } = await reader.read({ ...rate(), period, by })
      expect(asked.map(({ plan }) => plan).join()).toMatch(/ReadFromMergeTree \(session_id_by_platform_and_version_\w+\)/)
      for (const point of points) {
        const [from, to] = [Date.parse(point.from), Date.parse(point.to)]
        const member = by === undefined ? undefined : (point.by?.[by] ?? null)
        const meant = rows.filter(row => row.timestamp >= from && row.timestamp < to && (by === undefined || (row[by] ?? null) === member))
        expect(point.sample).toBe(different(meant))
      }
      expect(points.some(point => point.sample > 20)).toBe(true)
    }
  })

  test('and of one member by a filter', async () => {
    asked.length = 0
    const { points } = await reader.read({ ...rate(), period: 'total', where: { platform: 'linux' } })
    expect(points[0]?.sample).toBe(
      different(rows.filter(row => row.timestamp >= rate().from && row.timestamp < rate().to && row.platform === 'linux')),
    )
    // Crashes are asked for at the same time: either may be answered first.
    expect(asked.map(({ plan }) => plan).join()).toContain('ReadFromMergeTree (session_id_by_platform_and_version')
  })

  test('is read from the rows for spans that are not whole hours', async () => {
    asked.length = 0
    await reader.read({ ...rate(), to: now - 1, period: 'total' })
    expect(asked.map(({ plan }) => plan).join()).not.toContain('session_id_by')
  })
})

describe('which rollups there are', () => {
  const [p95] = percentiles.filter(metric => metric.name === 'response_time_p95')
  const withMetric = (change: Partial<Metric>) => {
    const metric = { ...(p95 as Metric), ...change }
    return metricRollups({ ...catalogue, metrics: new Map([[metric.name, metric]]) })
  }
  const names = (change: Partial<Metric>) => withMetric(change).map(({ name }) => name)

  test('one for each breakdown, and one for the whole only without breakdowns', () => {
    expect(names({ by: [] })).toEqual(['percentiles'])
    expect(names({ by: ['query_complexity'] })).toEqual(['percentiles_by_query_complexity'])
    expect(names({ by: ['query_complexity', 'platform'] })).toEqual(['percentiles_by_query_complexity', 'percentiles_by_platform'])
  })

  test("a metric's own filters can be asked of its rollup", () => {
    const where = [{ property: 'platform', op: 'in', values: ['linux'] }] as const
    expect(names({ by: [], where })).toEqual(['percentiles_by_platform'])
    expect(names({ by: ['query_complexity'], where })).toEqual(['percentiles_by_platform_and_query_complexity'])
  })

  test('none by a property with very many values', () => {
    const where = [{ property: 'duration_ms', op: 'at_least', values: [1] }] as const
    expect(names({ where })).toEqual([])
  })

  test('one for the sessions of any event, by all of their properties; none for those of single kinds', () => {
    const sessions = 'countIf(session_key != 0), uniqExactIf(session_key, session_key != 0)'
    const keys = 'timestamp_hour, platform, version'
    expect(metricRollups(catalogue).slice(2)).toEqual([
      { name: 'session_id_by_platform_and_version', select: `SELECT ${keys}, ${sessions} GROUP BY ${keys}` },
    ])
  })

  test('one for all numbers and levels of a breakdown', () => {
    const keys = 'event, timestamp_hour, query_complexity'
    const sketches = (of: string) => `count(${of}), quantilesDD(0.01, 0.5, 0.95, 0.99)(${of})`
    const select = `SELECT ${keys}, ${sketches('duration_ms')}, ${sketches('memory_kb')} GROUP BY ${keys}`
    expect(metricRollups(catalogue)[1]).toEqual({ name: 'percentiles_by_query_complexity', select })
  })
})

test('an id repeated after the duplicate window counts alike in a total and its breakdown, before the table merges and after', async () => {
  const hour = launch() - 60 * 86_400_000
  const row = { ...(rows.find(one => one.event === 'downloads') as Row), id: 'repeated', timestamp: hour, platform: 'linux' }
  const read = async (by?: string) =>
    (await reader.read({ metric: 'downloads', from: hour, to: hour + 3_600_000, period: 'total', source: 'warehouse', by })).points.reduce(
      (sum, point) => sum + (point.value ?? 0),
      0,
    )
  const block = tableBlock(catalogue.plan.columns, [row])
  for (let i = 0; i < 14; i++) await warehouse.insertBlock('events', block, `repeated:${i}`)
  await expect
    .poll(
      async () => {
        const [whole, parts] = [await read(), await read('platform')]
        // A merge between the two questions lets the second one be smaller.
        expect(parts).toBeLessThanOrEqual(whole)
        return [whole, parts]
      },
      { timeout: 60_000 },
    )
    .toEqual([1, 1])
})

test('counts of whole hours are read from their rollup', async () => {
  asked.length = 0
  const from = launch()
  const { points } = await reader.read({ metric: 'commands', from, to: now - (now % 3_600_000), period: 'week', source: 'warehouse' })
  expect(asked.at(-1)?.plan).toMatch(/ReadFromMergeTree \(events_\w+\)/)
  for (const point of points) {
    const [start, end] = [Date.parse(point.from), Date.parse(point.to)]
    expect(point.value).toBe(rows.filter(row => row.event === 'command_generated' && row.timestamp >= start && row.timestamp < end).length)
  }
})
