import type { DashboardCatalogue, DashboardFigure, DashboardPanel } from '@northstar/api'
import { type Metric, NO_RELEASES, RELEASES_VIEW, releaseViews, type Unit } from '@northstar/metrics'
import { colouring } from './colouring.ts'
import { type Line, linesOf, RELEASE_VARIABLE, releaseLine, TARGET_SUFFIX } from './lines.ts'
import {
  type Color,
  dashboardOf,
  type GrafanaDashboard,
  type GrafanaPanel,
  type Override,
  type PanelContent,
  positioned,
  type StatOptions,
  type TableOptions,
  type TimeSeriesField,
  type TimeSeriesOptions,
} from './model.ts'

const CLICKHOUSE = { type: 'grafana-clickhouse-datasource', uid: 'northstar-clickhouse' }

/** Grafana's names of the units. `kbytes` and `bytes` are multiples of 1,024. */
const UNITS: Readonly<Record<Unit, string>> = {
  count: 'locale',
  ratio: 'percentunit',
  ms: 'ms',
  kB: 'kbytes',
  bytes: 'bytes',
  hours: 'h',
  per_user: 'none',
  number: 'none',
}
const WIDTHS = { third: 8, half: 12, full: 24 } as const
const HEIGHT = 8
const PLAIN: Color = { mode: 'fixed', fixedColor: 'text' }

/**
 * The panels of `dashboard.yaml`, then a collapsed row with every metric by week and one with metrics by release. Releases are a variable
 * and annotations.
 */
export function productDashboard(catalogue: DashboardCatalogue): GrafanaDashboard {
  const { product, dashboard, metrics } = catalogue
  const releases = releasePanels(catalogue)
  return {
    ...dashboardOf(product),
    title: dashboard.title ?? product.title,
    description: 'Weeks are counted from the launch. The last one is the current week.',
    time: { from: 'now-12w', to: 'now' },
    refresh: '15m',
    panels: positioned(
      dashboard.panels.flatMap(panel => panelsOf(panel, catalogue)),
      { title: 'Every metric', panels: [...metrics.values()].map(metric => metricPanel(metric, catalogue)) },
      ...(releases.length > 0 ? [{ title: 'By release', panels: releases }] : []),
    ),
    ...(releaseViews(catalogue).length > 0 && { templating: { list: [releaseVariable()] }, annotations: { list: [releaseAnnotations()] } }),
  }
}

/** The release variable, newest first. All releases are selected by default. */
const releaseVariable = () => ({
  name: RELEASE_VARIABLE,
  label: 'Release',
  type: 'query' as const,
  datasource: CLICKHOUSE,
  query: `SELECT version FROM ${RELEASES_VIEW} ORDER BY first_seen DESC`,
  // On dashboard load.
  refresh: 1 as const,
  multi: true,
  includeAll: true,
  current: { text: ['All'], value: ['$__all'] },
})

/** An annotation at the first event of each release. */
const releaseAnnotations = () => ({
  name: 'Releases',
  datasource: CLICKHOUSE,
  enable: true,
  iconColor: 'purple',
  target: queryOf(
    0,
    `SELECT first_seen AS time, concat('Release ', version) AS text
FROM ${RELEASES_VIEW}
WHERE $__timeFilter(first_seen)
ORDER BY time`,
    'table',
  ),
})

function releasePanels(catalogue: DashboardCatalogue): readonly PanelContent[] {
  const { property } = catalogue.releases ?? NO_RELEASES
  return [...catalogue.metrics.values()].flatMap(metric => {
    const line = releaseLine(metric, property, catalogue)
    return line ? [seriesPanel(`${metric.title} by release`, [line], WIDTHS.half)] : []
  })
}

function panelsOf(panel: DashboardPanel, catalogue: DashboardCatalogue): readonly PanelContent[] {
  const width = WIDTHS[panel.width]
  switch (panel.type) {
    case 'north_star':
      return [seriesPanel(titleOf(panel, catalogue), linesOf(panel, catalogue), width)]
    case 'value':
      return [figuresPanel(titleOf(panel, catalogue), linesOf(panel, catalogue), width, 'area')]
    case 'figures': {
      const change = panel.show === 'change'
      const lines = panel.figures.flatMap(figure => linesOf(figure, catalogue, !change))
      return [figuresPanel(panel.title, lines, width, 'none', change)]
    }
    case 'alerts': {
      const { issues } = panel
      const open = issues ? [figuresPanel(titleOf(issues, catalogue), linesOf(issues, catalogue, false), width, 'none')] : []
      return [alertsPanel(panel.title, width), ...open]
    }
  }
}

const titleOf = ({ title, metric }: DashboardFigure, { metrics }: DashboardCatalogue) => title ?? metrics.get(metric)?.title ?? metric

/** A metric by week. A cohort metric has a line for each offset with a target. */
function metricPanel(metric: Metric, catalogue: DashboardCatalogue): PanelContent {
  const figure = { metric: metric.name, where: {} }
  const offsets = [...(metric.targets?.by.get('offset')?.keys() ?? [])]
  const lines =
    offsets.length > 0
      ? offsets.flatMap(offset => linesOf({ ...figure, offset: Number(offset), title: `${metric.title}: week ${offset}` }, catalogue))
      : linesOf(figure, catalogue)
  return seriesPanel(metric.title, lines, WIDTHS.half)
}

function seriesPanel(title: string, lines: readonly Line[], width: number): PanelContent {
  const dashed = { lineStyle: { fill: 'dash', dash: [8, 8] }, showPoints: 'never', fillOpacity: 0 } satisfies TimeSeriesField
  const options = {
    legend: { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [NEWEST] },
    tooltip: { mode: 'multi', sort: 'none' },
  } satisfies TimeSeriesOptions
  const custom = { lineWidth: 2, showPoints: 'always', fillOpacity: 10, spanNulls: true } satisfies TimeSeriesField
  const targets = ofTargets([{ id: 'color', value: PLAIN }, ...propertiesOf(dashed)])
  return {
    width,
    height: HEIGHT,
    panel: {
      ...panelOf('timeseries', title, lines),
      fieldConfig: {
        defaults: { custom },
        overrides: [...lines.map((line, i) => ofQuery(i, [...unitOf(line), ...namesOf(line)])), targets],
      },
      options,
    },
  }
}

/**
 * The value that stands for a line is that of the newest week, even where it has none: while a collector is late, an older value would be shown
 * as today's.
 */
const NEWEST = 'last'

/** Figures as large numbers: the last week's value, coloured by its status, and the target. */
function figuresPanel(
  title: string,
  lines: readonly Line[],
  width: number,
  graphMode: StatOptions['graphMode'],
  change = false,
): PanelContent {
  const options = {
    reduceOptions: { calcs: [NEWEST], fields: '', values: false },
    orientation: 'auto',
    colorMode: 'value',
    graphMode,
    justifyMode: 'auto',
    textMode: 'value_and_name',
    // The change from the first to the last week of the time range.
    showPercentChange: change,
    percentChangeColorMode: 'standard',
    wideLayout: true,
  } satisfies StatOptions
  return {
    width,
    height: HEIGHT,
    panel: {
      ...panelOf('stat', title, lines),
      fieldConfig: {
        defaults: { color: PLAIN, noValue: 'no data' },
        overrides: [
          ...lines.map((line, i) => ofQuery(i, [...unitOf(line), ...(line.target ? colouring(line.target) : []), ...namesOf(line)])),
          ofTargets([{ id: 'color', value: PLAIN }]),
        ],
      },
      options,
    },
  }
}

/** The firing alerts, regardless of the dashboard's time range. */
function alertsPanel(title: string, width: number): PanelContent {
  const options = { showHeader: true, frameIndex: 0 } satisfies TableOptions
  const sql = `SELECT rule, severity, argMax(h.starts_at, h.at) AS since, argMax(tuple(h.value), h.at).1 AS value,
  argMax(tuple(h.threshold), h.at).1 AS threshold
FROM alert_history AS h
GROUP BY rule, severity, fingerprint
HAVING argMax(h.state, h.at) = 'firing'
ORDER BY severity, since`
  return {
    width,
    height: HEIGHT,
    panel: {
      type: 'table',
      title,
      datasource: CLICKHOUSE,
      targets: [queryOf(0, sql, 'table')],
      fieldConfig: { defaults: { noValue: '–' }, overrides: [] },
      options,
    },
  }
}

function panelOf(type: string, title: string, lines: readonly Line[]) {
  const descriptions = [...new Set(lines.map(({ metric }) => metric))].map(metric =>
    lines.every(line => line.metric === metric) ? metric.description : `${metric.title}: ${metric.description}`,
  )
  return {
    type,
    title,
    description: descriptions.join('\n\n'),
    datasource: CLICKHOUSE,
    targets: lines.map(({ sql }, i) => queryOf(i, sql, 'timeseries')),
  } satisfies GrafanaPanel
}

const refIdOf = (i: number) => `Q${i + 1}`

/** A query of the ClickHouse data source, whose server reads `format` and whose editor reads `queryType`. */
const queryOf = (i: number, rawSql: string, queryType: 'timeseries' | 'table') => ({
  refId: refIdOf(i),
  datasource: CLICKHOUSE,
  editorType: 'sql',
  queryType,
  format: queryType === 'timeseries' ? 0 : 1,
  rawSql,
})

type Property = Override['properties'][number]

const ofQuery = (i: number, properties: readonly Property[]): Override => ({
  matcher: { id: 'byFrameRefID', options: refIdOf(i) },
  properties,
})
const ofTargets = (properties: readonly Property[]): Override => ({
  matcher: { id: 'byRegexp', options: `/${TARGET_SUFFIX.replace(/[()]/g, '\\$&')}$/` },
  properties,
})

/** Settings of time series panels are under `custom`. */
const propertiesOf = (custom: TimeSeriesField): readonly Property[] =>
  Object.entries(custom).map(([name, value]) => ({ id: `custom.${name}`, value }))

const unitOf = ({ metric }: Line): readonly Property[] => [{ id: 'unit', value: UNITS[metric.unit] }]

const namesOf = ({ seriesBy }: Line): readonly Property[] =>
  seriesBy === undefined ? [] : [{ id: 'displayName', value: `\${__field.labels.${seriesBy}}` }]
