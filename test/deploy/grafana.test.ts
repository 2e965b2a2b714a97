import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DashboardFigure, dashboardSection } from '@northstar/api'
import { loadProduct } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { tableBlock } from '@northstar/events'
import {
  type CohortPoint,
  createMetricReader,
  durableEvents,
  type MetricReader,
  metricsSection,
  metricViews,
  releaseViews,
} from '@northstar/metrics'
import { createMetrics } from '@northstar/runtime'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { randomEvents } from '../../packages/metrics/src/contract/random-events.ts'
import { grafanaDashboards } from '../../services/northstar/src/grafana/dashboards.ts'
import { ROOT } from '../support/northstar.ts'

const FOLDER = join(ROOT, 'deploy/grafana')
const { catalogue } = loadProduct(join(ROOT, 'deploy/products/caro'), { metrics: metricsSection, dashboard: dashboardSection })
const files = grafanaDashboards(catalogue)

const query = z.object({ refId: z.string(), rawSql: z.string().optional(), expr: z.string().optional() })
const panel = z.object({
  id: z.int().positive(),
  type: z.string(),
  title: z.string().min(1),
  datasource: z.object({ type: z.string(), uid: z.string() }),
  gridPos: z.object({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1).max(24), h: z.int().min(1) }),
  targets: z.array(query).min(1),
})
const row = z.object({
  id: z.int().positive(),
  type: z.literal('row'),
  title: z.string(),
  gridPos: panel.shape.gridPos,
  panels: z.array(panel),
})
const dashboard = z.object({
  uid: z.string().min(8).max(40),
  panels: z.array(z.union([row, panel])),
  templating: z.object({ list: z.array(z.object({ name: z.string(), query: z.string(), multi: z.boolean() })) }),
  annotations: z.object({ list: z.array(z.object({ name: z.string(), target: z.object({ rawSql: z.string() }) })) }),
})
type Panel = z.output<typeof panel>

/** The panels of a file: those in sight, and those folded up below. */
function panelsOf(file: string, among = files): { readonly top: readonly Panel[]; readonly folded: readonly Panel[] } {
  const { panels } = dashboard.parse(JSON.parse(among.get(file) ?? ''))
  return {
    top: panels.flatMap(one => ('panels' in one ? [] : [one])),
    folded: panels.flatMap(one => ('panels' in one ? one.panels : [])),
  }
}

describe.each([...files])('%s', (name, text) => {
  test('is as `northstar grafana` writes it', async () => {
    expect(await readFile(join(FOLDER, 'dashboards', name), 'utf8')).toBe(text)
  })

  test('has panels of different ids, none on another', () => {
    const { panels } = dashboard.parse(JSON.parse(text))
    const all = panels.flatMap(one => ('panels' in one ? [one, ...one.panels] : [one]))
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    for (const { id, gridPos: a } of all) {
      expect(a.x + a.w).toBeLessThanOrEqual(24)
      const others = all.filter(other => other.id !== id).map(({ gridPos }) => gridPos)
      expect(others.filter(b => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h)).toEqual([])
    }
  })
})

describe('provisioning', () => {
  // As https://grafana.com/docs/grafana/latest/administration/provisioning/ documents it; settings of the data sources by
  // https://grafana.com/docs/plugins/grafana-clickhouse-datasource/latest/configure/#provision-the-data-source and
  // https://grafana.com/docs/grafana/latest/datasources/prometheus/configure/. Whatever they do not name is a mistake.
  const source = { name: z.string(), uid: z.string(), access: z.literal('proxy'), isDefault: z.boolean().optional(), editable: z.boolean() }
  const sources = z.strictObject({
    apiVersion: z.literal(1),
    datasources: z.array(
      z.discriminatedUnion('type', [
        z.strictObject({
          ...source,
          type: z.literal('grafana-clickhouse-datasource'),
          jsonData: z.strictObject({
            protocol: z.enum(['native', 'http']),
            host: z.string(),
            port: z.union([z.int(), z.string()]),
            username: z.string(),
            defaultDatabase: z.string(),
            queryTimeout: z.string(),
            maxOpenConns: z.string(),
          }),
          secureJsonData: z.strictObject({ password: z.string() }),
        }),
        z.strictObject({
          ...source,
          type: z.literal('prometheus'),
          url: z.string(),
          jsonData: z.strictObject({ httpMethod: z.enum(['GET', 'POST']), timeInterval: z.string() }),
        }),
      ]),
    ),
  })
  const providers = z.strictObject({
    apiVersion: z.literal(1),
    providers: z.array(
      z.strictObject({
        name: z.string(),
        folder: z.string(),
        type: z.literal('file'),
        disableDeletion: z.boolean(),
        allowUiUpdates: z.boolean(),
        updateIntervalSeconds: z.int().min(1),
        options: z.strictObject({ path: z.string() }),
      }),
    ),
  })
  const read = (path: string) => readFile(join(ROOT, path), 'utf8')

  test('the data sources are those that the panels name', async () => {
    const { datasources } = sources.parse(parse(await read('deploy/grafana/provisioning/datasources/northstar.yaml')))
    const known = datasources.map(({ type, uid }) => ({ type, uid }))
    for (const name of files.keys()) {
      const { top, folded } = panelsOf(name)
      for (const { datasource } of [...top, ...folded]) expect(known).toContainEqual(datasource)
    }
  })

  test('the dashboards lie where the page has them mounted, and the page names every variable', async () => {
    const page = await read('deploy/grafana/README.md')
    const found = providers.parse(parse(await read('deploy/grafana/provisioning/dashboards/northstar.yaml')))
    for (const { options } of found.providers) expect(page).toContain(`deploy/grafana/dashboards:${options.path}:ro`)
    const text = await read('deploy/grafana/provisioning/datasources/northstar.yaml')
    const variables = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name)
    expect(variables).toHaveLength(4)
    for (const name of variables) expect(page).toMatch(new RegExp(`-e ${name}=.*`))
  })

  test('Grafana keeps within what the analyst is given', async () => {
    const { datasources } = sources.parse(parse(await read('deploy/grafana/provisioning/datasources/northstar.yaml')))
    const users = await read('deploy/docker/clickhouse/users.xml')
    const number = (pattern: RegExp) => Number(pattern.exec(users)?.[1])
    const longest = number(/<max_execution_time><min>1<\/min><max>(\d+)<\/max><changeable_in_readonly\/>/)
    const atOnce = number(/<max_concurrent_queries_for_user>(\d+)</)
    for (const one of datasources) {
      if (one.type !== 'grafana-clickhouse-datasource') continue
      expect(users).toContain(`<${one.jsonData.username}>`)
      expect(Number(one.jsonData.queryTimeout) + 5).toBeLessThanOrEqual(longest)
      expect(Number(one.jsonData.maxOpenConns)).toBeLessThan(atOnce)
    }
    // A server that does not allow it refuses the whole of users.xml.
    expect(await read('deploy/docker/clickhouse/server.xml')).toContain('<settings_constraints_replace_previous>true<')
  })
})

test('every series asked of Prometheus is one that the processes expose', async () => {
  const metrics = createMetrics()
  metrics.declareEvents(catalogue.plan.events.values())
  const known = new Set<string>()
  for (const { name, type } of await metrics.registry.getMetricsAsJSON()) {
    known.add(name)
    if (String(type) === 'histogram') for (const suffix of ['bucket', 'sum', 'count']) known.add(`${name}_${suffix}`)
  }
  const { top } = panelsOf('caro-operations.json')
  const asked = top.flatMap(({ targets }) => targets.flatMap(({ expr = '' }) => seriesOf(expr)))
  expect(asked.length).toBeGreaterThan(catalogue.plan.events.size)
  for (const name of asked) expect(known).toContain(name)
  for (const kind of catalogue.plan.events.keys()) expect(asked).toContain(`analytics_${kind}_total`)
})

/** The names in an expression that are no function, label or number. */
const seriesOf = (expr: string) =>
  expr
    .replaceAll(/\bby \([^)]*\)|\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .match(/[a-z_:][\w:]*(?![\w:]|\s*\()/gi)
    ?.filter(name => name.length > 0) ?? []

interface Value {
  readonly value: number | null
  readonly target: number | undefined
}

describe('the queries', () => {
  // The views go by the engine's clock.
  const now = Date.now()
  let folder: TempFolder
  let warehouse: Warehouse
  let reader: MetricReader
  let launch: number

  beforeAll(async () => {
    folder = await tempFolder('grafana')
    warehouse = await openEmbeddedWarehouse({ folder: folder.path })
    await warehouse.migrate(catalogue.plan, {
      views: [...metricViews(catalogue, now), ...releaseViews(catalogue)],
      durableEvents: durableEvents(catalogue),
    })
    const events = randomEvents(11, Date.parse('2026-01-05T00:00:00Z'), Date.parse('2026-02-20T00:00:00Z'), 150)
    await warehouse.insertBlock('events', tableBlock(catalogue.plan.columns, events), 'test:1')
    reader = createMetricReader({ catalogue, query: (sql, params) => warehouse.query(sql, { params }), now: () => now })
    launch = reader.calendar.startOf(catalogue.product.launch)
  })

  afterAll(async () => {
    await warehouse?.close()
    await folder?.remove()
  })

  const ndjson = (rows: readonly object[]) => Buffer.from(rows.map(each => `${JSON.stringify(each)}\n`).join(''))

  /** The answer as Grafana draws it: a column but the time's is a line, named like the column. */
  async function drawn(panels: readonly Panel[], from: number, to: number): Promise<Map<string, Map<number, Value>>> {
    const lines = new Map<string, Map<number, Value>>()
    for (const { targets } of panels) {
      for (const { rawSql = '' } of targets) {
        const rows = await warehouse.query<Record<string, string | number | null>>(asPluginDoes(rawSql, from, to))
        const [name = '', targetName = ''] = Object.keys(rows[0] ?? {}).filter(column => column !== 'time')
        expect(lines.has(name), name).toBe(false)
        const values = rows.map(({ time, [name]: value, [targetName]: target }): [number, Value] => [
          Date.parse(`${String(time).replace(' ', 'T')}Z`),
          { value: rounded(value), target: target === null || target === undefined ? undefined : Number(target) },
        ])
        lines.set(name, new Map(values))
      }
    }
    return lines
  }

  /** Northstar's own answer to a figure's question, and to those of its breakdown, by the names that people read. */
  async function answered(figure: DashboardFigure): Promise<Map<string, Map<number, Value>>> {
    const metric = catalogue.metrics.get(figure.metric)
    if (!metric) throw new Error(`there is no ${figure.metric}`)
    const name = figure.title ?? metric.title
    const lines = new Map<string, Map<number, Value>>()
    const ask = async (by?: string) => {
      const to = reader.calendar.periodAt('week', now).to
      const { points } = await reader.read({
        metric: metric.name,
        from: launch,
        to,
        period: 'week',
        source: 'warehouse',
        where: figure.where,
        by,
      })
      for (const point of points) {
        const { cohort, offset } = point as Partial<CohortPoint>
        const member = Object.values(point.by ?? {})[0]
        // In addition to the whole a breakdown shows the listed values; random events have bugs of no priority, too.
        if (member === null || (offset !== undefined && offset !== figure.offset)) continue
        const line = member === undefined ? name : `${name}: ${member}`
        const begins = cohort === undefined ? Date.parse(point.from) : reader.calendar.startOf(cohort)
        const values = lines.get(line) ?? new Map<number, Value>()
        lines.set(line, values.set(begins, { value: rounded(point.value), target: point.target?.value }))
      }
    }
    await ask()
    if (figure.by !== undefined) await ask(figure.by)
    return lines
  }

  const merged = async (figures: readonly DashboardFigure[]) => new Map((await Promise.all(figures.map(answered))).flatMap(one => [...one]))
  const withoutTargets = (lines: Map<string, Map<number, Value>>) =>
    new Map([...lines].map(([name, line]) => [name, new Map([...line].map(([at, { value }]) => [at, { value, target: undefined }]))]))

  test('the panels of dashboard.yaml show, in its order, what Northstar answers', async () => {
    const { top } = panelsOf('caro.json')
    const rest = [...top]
    for (const given of catalogue.dashboard.panels) {
      const shown = rest.shift()
      if (!shown) throw new Error(`nothing is shown of ${given.type}`)
      if (given.type === 'alerts') {
        expect(shown.title).toBe(given.title)
        const issues = rest.shift()
        if (given.issues && issues) expect(await drawn([issues], launch, now)).toEqual(withoutTargets(await merged([given.issues])))
        continue
      }
      const figures = given.type === 'figures' ? given.figures : [given]
      const want = await merged(figures)
      const got = await drawn([shown], launch, now)
      expect(got, shown.title).toEqual(given.type === 'figures' && given.show === 'change' ? withoutTargets(want) : want)
    }
    expect(rest).toEqual([])
  })

  test.each([...catalogue.metrics.values()].map((metric, i) => ({ metric, i })))(
    'the panel of $metric.name shows what Northstar answers',
    async ({ metric, i }) => {
      const shown = panelsOf('caro.json').folded[i]
      if (!shown) throw new Error(`${metric.name} is not shown`)
      expect(shown.title).toBe(metric.title)
      const offsets = [...(metric.targets?.by.get('offset')?.keys() ?? [])]
      const figure = { metric: metric.name, where: {} }
      const figures = offsets.map(offset => ({ ...figure, offset: Number(offset), title: `${metric.title}: week ${offset}` }))
      const got = await drawn([shown], launch, now)
      expect(got).toEqual(await merged(figures.length > 0 ? figures : [figure]))
      expect([...got.values()].some(line => [...line.values()].some(({ value }) => value !== null && value > 0))).toBe(true)
    },
  )

  test('the panels of another product, which has no dashboard.yaml, can be asked', async () => {
    const other = loadProduct(join(ROOT, 'deploy/products/webshop'), { metrics: metricsSection, dashboard: dashboardSection }).catalogue
    await warehouse.migrate(other.plan, { views: [...metricViews(other, now), ...releaseViews(other)] })
    const { top, folded } = panelsOf(`${other.product.name}.json`, grafanaDashboards(other))
    const asked = [...top, ...folded].flatMap(({ targets }) => targets.flatMap(({ rawSql }) => rawSql ?? []))
    expect(asked.length).toBeGreaterThan(2 * other.metrics.size)
    for (const sql of asked) await warehouse.query(asPluginDoes(sql, 0, now))
  })

  test('releases are a variable that chooses lines of panels, and annotations at their first events', async () => {
    const { panels, templating, annotations } = dashboard.parse(JSON.parse(files.get('caro.json') ?? ''))
    const [variable] = templating.list
    expect([variable?.name, variable?.multi]).toEqual(['release', true])
    const versions = (await warehouse.query<{ version: string }>(variable?.query ?? '')).map(({ version }) => version)
    const first = await warehouse.query<{ version: string; at: number }>(
      'SELECT version, toUnixTimestamp(min(timestamp)) AS at FROM events WHERE version IS NOT NULL GROUP BY version ORDER BY at DESC, version',
    )
    expect(versions.length).toBeGreaterThan(1)
    expect(versions.toSorted()).toEqual(first.map(({ version }) => version).toSorted())

    const marks = await warehouse.query<{ time: string; text: string }>(
      asPluginDoes(annotations.list[0]?.target.rawSql ?? '', launch - 30 * 86_400_000, now),
    )
    const marked = marks.map(({ time, text }) => [Math.floor(Date.parse(`${time.replace(' ', 'T')}Z`) / 1_000), text])
    expect(marked.toSorted()).toEqual(first.map(({ version, at }) => [Number(at), `Release ${version}`]).toSorted())

    const row = panels.find(one => 'panels' in one && one.title === 'By release')
    const byRelease = row && 'panels' in row ? row.panels : []
    expect(byRelease.map(({ title }) => title)).toContain('Crash rate by release')
    const [chosen = ''] = versions
    for (const { targets } of byRelease) {
      const rows = await warehouse.query<{ version: string }>(asPluginDoes(targets[0]?.rawSql ?? '', launch, now, [chosen]))
      expect([...new Set(rows.map(({ version }) => version))]).toEqual([chosen])
    }
  })

  test('the weeks are those of the span, with the one that began before it', async () => {
    const [northStar] = panelsOf('caro.json').top
    if (!northStar) throw new Error('no panel')
    const day = 86_400_000
    const [line] = (await drawn([northStar], launch + 8 * day, launch + 15 * day)).values()
    expect([...(line?.keys() ?? [])]).toEqual([launch + 7 * day, launch + 14 * day])
  })

  test('the alerts are those that fire, whenever they began', async () => {
    const began = launch - 40 * 86_400_000
    const alert = { severity: 'P1', labels: {}, value: 2, threshold: 1, starts_at: began, ends_at: null }
    await warehouse.insert(
      'alert_history',
      [
        ndjson([
          { ...alert, at: began, rule: 'fires', state: 'firing', fingerprint: 'a' },
          { ...alert, at: began, rule: 'fired', state: 'firing', fingerprint: 'b' },
          { ...alert, at: began + 1, rule: 'fired', state: 'resolved', fingerprint: 'b', ends_at: began + 1, value: null },
          { ...alert, at: began, rule: 'silent', state: 'firing', fingerprint: 'c', severity: 'P0', value: 3 },
          { ...alert, at: began + 1, rule: 'silent', state: 'firing', fingerprint: 'c', severity: 'P0', value: null },
        ]),
      ],
      'test:2',
    )
    const shown = panelsOf('caro.json').top.find(({ type }) => type === 'table')
    const rows = await warehouse.query<{ rule: string; value: number | null }>(asPluginDoes(shown?.targets[0]?.rawSql ?? '', launch, now))
    expect(rows.map(({ rule, value }) => ({ rule, value }))).toEqual([
      { rule: 'silent', value: null },
      { rule: 'fires', value: 2 },
    ])
  })
})

const rounded = (value: unknown) => (value === null || value === undefined ? null : Number(Number(value).toPrecision(12)))

/**
 * The macros as the data source replaces them
 * (https://grafana.com/docs/plugins/grafana-clickhouse-datasource/latest/query-editor/#macros), and the variable as Grafana formats it
 * (https://grafana.com/docs/grafana/latest/visualizations/dashboards/variables/variable-syntax/#singlequote). @throws for any other
 */
function asPluginDoes(sql: string, from: number, to: number, releases: readonly string[] = ['']): string {
  const instant = (ms: number) => `toDateTime(${Math.floor(ms / 1000)})`
  const done = sql
    .replaceAll(/\$__timeFilter\(([^)]*)\)/g, (_, column: string) => `${column} >= ${instant(from)} AND ${column} <= ${instant(to)}`)
    .replaceAll('$__fromTime', instant(from))
    .replaceAll('$__toTime', instant(to))
    .replaceAll('${release:singlequote}', releases.map(release => `'${release.replaceAll("'", "\\'")}'`).join(','))
  if (done.includes('$')) throw new Error(`an unknown macro: ${done}`)
  return done
}
