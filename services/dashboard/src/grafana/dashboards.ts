import type { Dashboard, DataSourceRef, Panel, Threshold } from '@grafana/schema'
import type { Catalogue, DashboardFigure, DashboardPanel, Metric, Target, Unit } from '@northstar/catalogue'
import { type Series, weeklySql } from './weekly-sql.ts'

const CLICKHOUSE: DataSourceRef = { type: 'grafana-clickhouse-datasource', uid: 'northstar-clickhouse' }
const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: 'northstar-prometheus' }

const UNITS: Readonly<Record<Unit, string>> = {
  count: 'short',
  ratio: 'percentunit',
  ms: 'ms',
  kB: 'kbytes',
  bytes: 'bytes',
  hours: 'h',
  per_user: 'none',
  number: 'none',
}
const WIDTHS = { third: 8, half: 12, full: 24 } as const
const COLUMNS = 24
const HEIGHT = 8
// Fit for people who do not tell red from green, and the value stands beside.
const GOOD = 'blue'
const BAD = 'orange'

/** Grafana's files by their path in its provisioning folder: generated, so that they say what the catalogue says. */
export async function grafanaFiles(catalogue: Catalogue): Promise<ReadonlyMap<string, string>> {
  const json = (dashboard: Dashboard) => `${JSON.stringify(dashboard, null, 2)}\n`
  return new Map([
    [`dashboards/${catalogue.product.name}.json`, json(await productDashboard(catalogue))],
    [`dashboards/${catalogue.product.name}-operations.json`, json(operationsDashboard(catalogue))],
  ])
}

/** The panels of `dashboard.yaml`, by week, from ClickHouse. */
async function productDashboard(catalogue: Catalogue): Promise<Dashboard> {
  const { product, dashboard } = catalogue
  const panels = (await Promise.all(dashboard.panels.map(panel => panelOf(panel, catalogue)))).filter(panel => panel !== null)
  return {
    ...head(catalogue, dashboard.title ?? product.title, ''),
    time: { from: 'now-12w', to: 'now' },
    refresh: '15m',
    panels: placed(panels),
  }
}

function head({ product }: Catalogue, title: string, suffix: string): Dashboard {
  return {
    uid: `northstar-${product.name}${suffix}`.slice(0, 40),
    title,
    tags: ['northstar', product.name],
    timezone: product.timezone,
    editable: false,
    schemaVersion: 39,
    version: 1,
    templating: { list: [] },
    annotations: { list: [] },
    links: [],
  }
}

type Unplaced = Panel & { readonly width: number }

async function panelOf(panel: DashboardPanel, catalogue: Catalogue): Promise<Unplaced | null> {
  if (panel.type === 'alerts') return alertsPanel(panel.title, WIDTHS[panel.width])
  const width = WIDTHS[panel.width]
  if (panel.type === 'figures') return figuresPanel(panel.title, panel.figures, width, catalogue)
  const metric = catalogue.metrics.get(panel.metric)
  const sql = metric && (await weeklySql(seriesOf(panel), catalogue))
  if (!metric || !sql) return null
  return {
    type: panel.type === 'north_star' ? 'timeseries' : 'stat',
    title: panel.title ?? metric.title,
    description: metric.description,
    datasource: CLICKHOUSE,
    targets: [target('A', sql)],
    fieldConfig: fieldConfig(metric, panel),
    options:
      panel.type === 'north_star'
        ? { legend: { displayMode: 'hidden', placement: 'bottom', showLegend: false }, tooltip: { mode: 'single' } }
        : {
            reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
            graphMode: 'area',
            colorMode: 'value',
            textMode: 'value',
          },
    width,
  }
}

async function figuresPanel(
  title: string,
  figures: readonly DashboardFigure[],
  width: number,
  catalogue: Catalogue,
): Promise<Unplaced | null> {
  const found = await Promise.all(
    figures.map(async (figure, i) => {
      const metric = catalogue.metrics.get(figure.metric)
      const sql = metric && (await weeklySql(seriesOf(figure), catalogue))
      return metric && sql ? { metric, figure, name: figure.title ?? metric.title, refId: String.fromCharCode(65 + i), sql } : null
    }),
  )
  const lines = found.filter(line => line !== null)
  if (lines.length === 0) return null
  return {
    type: 'stat',
    title,
    datasource: CLICKHOUSE,
    targets: lines.map(({ refId, sql }) => target(refId, sql)),
    fieldConfig: {
      defaults: {},
      overrides: lines.map(({ refId, metric, figure, name }) => ({
        matcher: { id: 'byFrameRefID', options: refId },
        properties: [
          { id: 'unit', value: UNITS[metric.unit] },
          { id: 'thresholds', value: thresholds(targetOf(metric, figure)) },
          // With members the names are theirs.
          ...(figure.by === undefined ? [{ id: 'displayName', value: name }] : []),
        ],
      })),
    },
    options: {
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      graphMode: 'none',
      colorMode: 'value',
      textMode: 'value_and_name',
      orientation: 'horizontal',
    },
    width,
  }
}

/** The latest word of each alert. */
function alertsPanel(title: string, width: number): Unplaced {
  const sql = `SELECT rule, severity, argMax(state, h.at) AS state, max(h.at) AS since, argMax(value, h.at) AS value, any(threshold) AS threshold
FROM alert_history AS h
WHERE h.at >= fromUnixTimestamp64Milli(toInt64(\${__from})) AND h.at < fromUnixTimestamp64Milli(toInt64(\${__to}))
GROUP BY rule, severity, fingerprint
ORDER BY state = 'firing' DESC, severity, since DESC`
  return {
    type: 'table',
    title,
    datasource: CLICKHOUSE,
    targets: [target('A', sql, 'table')],
    fieldConfig: { defaults: {}, overrides: [] },
    options: { showHeader: true },
    width,
  }
}

/** What is told by the services themselves, from Prometheus. */
function operationsDashboard(catalogue: Catalogue): Dashboard {
  const graph = (
    title: string,
    description: string,
    unit: string,
    ...queries: readonly (readonly [expr: string, legend: string])[]
  ): Unplaced => ({
    type: 'timeseries',
    title,
    description,
    datasource: PROMETHEUS,
    targets: queries.map(([expr, legendFormat], i) => ({
      refId: String.fromCharCode(65 + i),
      datasource: PROMETHEUS,
      expr,
      legendFormat,
    })),
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom', showLegend: true }, tooltip: { mode: 'multi' } },
    width: 12,
  })
  const kinds = [...catalogue.plan.events.keys()].map((kind): readonly [string, string] => [`sum(rate(analytics_${kind}_total[5m]))`, kind])
  const panels = [
    graph('Events by kind', 'Counted events a second, without repeats.', 'eps', ...kinds),
    graph(
      'Ingest',
      'Events answered 202 for, and events refused, a second.',
      'eps',
      ['sum(rate(northstar_ingest_events_accepted_total[5m]))', 'accepted'],
      ['sum by (code) (rate(northstar_ingest_events_rejected_total[5m]))', 'refused: {{code}}'],
    ),
    graph('Lag', 'Log records that a group has not worked off.', 'short', ['sum by (group) (northstar_consumer_lag_records)', '{{group}}']),
    graph('Time to append', 'Until the log had a flush on disk: what clients wait for.', 's', [
      'histogram_quantile(0.99, sum by (le) (rate(northstar_ingest_append_seconds_bucket[5m])))',
      'p99',
    ]),
    graph('Batches', 'Time to work off one batch.', 's', [
      'histogram_quantile(0.99, sum by (le, group) (rate(northstar_consumer_batch_seconds_bucket[5m])))',
      '{{group}} p99',
    ]),
    graph('Notifications', 'By channel and outcome, an hour.', 'short', [
      'sum by (channel, outcome) (increase(northstar_alerts_notifications_total[1h]))',
      '{{channel}} {{outcome}}',
    ]),
  ]
  const title = `${catalogue.product.title}: operations`
  return { ...head(catalogue, title, '-operations'), time: { from: 'now-6h', to: 'now' }, refresh: '30s', panels: placed(panels) }
}

const seriesOf = ({ metric, by, where, offset }: DashboardFigure): Series => ({ metric, where, by, offset })

const target = (refId: string, rawSql: string, queryType: 'timeseries' | 'table' = 'timeseries') => ({
  refId,
  datasource: CLICKHOUSE,
  editorType: 'sql',
  queryType,
  format: queryType === 'timeseries' ? 0 : 1,
  rawSql,
})

/** The target that holds every week: those of single weeks cannot be a line of one height. */
function targetOf(metric: Metric, figure: DashboardFigure): Target | undefined {
  const [part, ...others] = Object.entries(figure.where)
  if (part) return others.length === 0 ? metric.targets?.by.get(part[0])?.get(part[1]) : undefined
  if (figure.offset !== undefined) return metric.targets?.by.get('offset')?.get(String(figure.offset))
  return figure.by === undefined ? (metric.targets?.periods.get('week') ?? metric.targets?.any) : undefined
}

function thresholds(wanted: Target | undefined) {
  const steps: (Omit<Threshold, 'value'> & { value: number | null })[] = wanted
    ? [
        { color: wanted.direction === 'at_least' ? BAD : GOOD, value: null },
        { color: wanted.direction === 'at_least' ? GOOD : BAD, value: wanted.value },
      ]
    : [{ color: GOOD, value: null }]
  return { mode: 'absolute', steps }
}

function fieldConfig(metric: Metric, figure: DashboardFigure): Panel['fieldConfig'] {
  const wanted = targetOf(metric, figure) ?? (metric.goal && { value: metric.goal.value, direction: 'at_least' as const })
  return {
    defaults: {
      unit: UNITS[metric.unit],
      displayName: metric.title,
      ...(metric.unit !== 'number' && { min: 0 }),
      // Grafana writes the lowest step without a value as null.
      thresholds: thresholds(wanted) as never,
      custom: { thresholdsStyle: { mode: wanted ? 'dashed' : 'off' } },
    },
    overrides: [],
  }
}

/** Side by side while there is room, then in the next row. */
function placed(panels: readonly Unplaced[]): Panel[] {
  let x = 0
  let y = 0
  return panels.map(({ width, ...panel }, i) => {
    if (x + width > COLUMNS) {
      x = 0
      y += HEIGHT
    }
    const gridPos = { x, y, w: width, h: HEIGHT }
    x += width
    return { id: i + 1, ...panel, gridPos }
  })
}
