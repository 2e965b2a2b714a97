import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { loadCatalogue, parseYaml } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { createMetricReader, metricKinds } from '@northstar/metrics'
import { createMetrics } from '@northstar/runtime'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { grafanaFiles } from './dashboards.ts'
import { weeklySql } from './weekly-sql.ts'

const deploy = fileURLToPath(new URL('../../../../deploy', import.meta.url))
const { catalogue } = loadCatalogue(`${deploy}/products/caro`, { kinds: metricKinds })
const files = await grafanaFiles(catalogue)

/** What Grafana asks of a dashboard, as far as files can get it wrong; the generator itself is checked against Grafana's own types. */
const dashboardSchema = z.object({
  uid: z.string().min(1).max(40),
  title: z.string().min(1),
  schemaVersion: z.int(),
  panels: z
    .array(
      z.object({
        id: z.int().positive(),
        type: z.enum(['timeseries', 'stat', 'table']),
        title: z.string().min(1),
        datasource: z.object({ type: z.string(), uid: z.string() }),
        gridPos: z.object({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1).max(24), h: z.int().min(1) }),
        targets: z
          .array(z.object({ refId: z.string().regex(/^[A-Z]$/), rawSql: z.string().optional(), expr: z.string().optional() }))
          .min(1),
      }),
    )
    .min(1),
})

describe('the files', () => {
  test.each([...files])('%s is up to date with the catalogue', async (path, text) => {
    await expect(text).toMatchFileSnapshot(`${deploy}/grafana/${path}`)
  })

  test.each([...files])('%s is a dashboard', (_, text) => {
    const { panels } = dashboardSchema.parse(JSON.parse(text))
    expect(new Set(panels.map(panel => panel.id)).size).toBe(panels.length)
    for (const { gridPos: a, id } of panels) {
      expect(a.x + a.w).toBeLessThanOrEqual(24)
      // None lies on another.
      const others = panels.filter(panel => panel.id !== id).map(panel => panel.gridPos)
      expect(others.some(b => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h)).toBe(false)
    }
  })

  test('the data sources that panels name are provisioned', () => {
    const read = (name: string) =>
      parseYaml(name, readFileSync(`${deploy}/grafana/provisioning/datasources/${name}`, 'utf8'), sourcesSchema).value
    const known = read('northstar.yaml')?.datasources.map(({ type, uid }) => `${type} ${uid}`) ?? []
    for (const text of files.values()) {
      for (const { datasource } of dashboardSchema.parse(JSON.parse(text)).panels)
        expect(known).toContain(`${datasource.type} ${datasource.uid}`)
    }
  })

  test('every series asked of Prometheus is one that a service tells', async () => {
    const metrics = createMetrics()
    for (const kind of catalogue.plan.events.keys()) metrics.eventKind(kind)
    const known = (await metrics.registry.getMetricsAsJSON()).map(({ name }) => name)
    const panels = dashboardSchema.parse(JSON.parse(files.get('dashboards/caro-operations.json') ?? '')).panels
    const asked = panels.flatMap(panel => panel.targets.flatMap(({ expr }) => expr?.match(/(northstar|analytics)_\w+/g) ?? []))
    expect(asked.length).toBeGreaterThan(10)
    for (const name of asked) expect(known).toContain(name.replace(/_bucket$/, ''))
  })
})

const sourcesSchema = z.looseObject({
  apiVersion: z.literal(1),
  datasources: z.array(z.looseObject({ type: z.string(), uid: z.string() })),
})

describe('the queries', () => {
  const LAUNCH = Date.parse('2026-01-15T05:00:00Z')
  const HOUR = 3_600_000
  const now = LAUNCH + 28 * 24 * HOUR
  let folder: TempFolder
  let warehouse: Warehouse

  beforeAll(async () => {
    folder = await tempFolder('grafana')
    warehouse = await openEmbeddedWarehouse({ folder: folder.path })
    await warehouse.migrate(catalogue.plan)
    const rows = [...catalogue.plan.events.values()].flatMap((kind, k) =>
      Array.from({ length: 120 }, (_, i) => {
        const timestamp = LAUNCH + ((i * 37 + k * 11) % 27) * 24 * HOUR + ((i * 7) % 24) * HOUR
        const values = [...kind.properties.values()].map(property => {
          const pick = i * 5 + k
          if (property.values) return [property.name, property.values[pick % property.values.length]]
          if (property.type === 'boolean') return [property.name, pick % 3 > 0]
          const least = property.min ?? 1
          return [
            property.name,
            property.type === 'string'
              ? ['overall', 'one', 'two'][pick % 3]
              : least + (pick % Math.min(40, (property.max ?? 1_000) - least + 1)),
          ]
        })
        const user = kind.user === 'required' ? ((i * 3) % 50).toString(16).padStart(16, 'a') : ''
        const base = { event: kind.name, id: `${kind.name}-${i}`, timestamp, received_at: timestamp, user_id: user, session_id: user }
        return { ...base, ...Object.fromEntries(values) }
      }),
    )
    await warehouse.insert('events', [Buffer.from(rows.map(row => `${JSON.stringify(row)}\n`).join(''))], 'test:1')
  })

  afterAll(async () => {
    await warehouse?.close()
    await folder?.remove()
  })

  const between = (sql: string, from: number, to: number) => sql.replaceAll('${__from}', String(from)).replaceAll('${__to}', String(to))

  test('every panel’s query is one that ClickHouse takes', async () => {
    const { panels } = dashboardSchema.parse(JSON.parse(files.get('dashboards/caro.json') ?? ''))
    expect(panels).toHaveLength(catalogue.dashboard.panels.length)
    for (const panel of panels) {
      for (const { rawSql = '' } of panel.targets) {
        const rows = await warehouse.query(between(rawSql, LAUNCH, now))
        if (panel.type !== 'table') expect([panel.title, rows.length > 0]).toEqual([panel.title, true])
      }
    }
  })

  test('each metric has the values that Northstar answers', async () => {
    const reader = createMetricReader({ catalogue, query: (sql, params) => warehouse.query(sql, { params }), now: () => now })
    let compared = 0
    for (const metric of catalogue.metrics.values()) {
      const sql = await weeklySql({ metric: metric.name, offset: 1 }, catalogue)
      expect([metric.name, sql === null]).toEqual([metric.name, false])
      const rows = await warehouse.query<{ ms: number; member?: string; value: number | null }>(
        `SELECT *, toUnixTimestamp64Milli(time) AS ms FROM (${between(sql ?? '', LAUNCH, now)})`,
      )
      const drawn = new Map(rows.map(({ ms, member, value }) => [`${Number(ms)} ${member ?? ''}`, value === null ? null : Number(value)]))
      const { points } = await reader.read({ metric: metric.name, from: LAUNCH, to: now, period: 'week', source: 'warehouse' })
      for (const point of points) {
        if ('offset' in point && point.offset !== 1) continue
        const begins = 'cohort' in point ? reader.calendar.startOf(point.cohort) : Date.parse(point.from)
        const found = drawn.get(`${begins} ${Object.values(point.by ?? {}).join()}`)
        // Weeks without a row are not drawn.
        if (found === undefined) continue
        compared++
        if (point.value === null || found === null) expect([metric.name, found]).toEqual([metric.name, point.value])
        else expect(found, metric.name).toBeCloseTo(point.value, 9)
      }
    }
    expect(compared).toBeGreaterThan(100)
  })
})
