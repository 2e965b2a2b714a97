import type { Dashboard, FieldColor, Panel, ThresholdsConfig } from '@grafana/schema'
import type { Options as Stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen'
import type { Options as Table } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen'
import type {
  FieldConfig,
  Options as TimeSeries,
} from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen'

/** Grafana's type as it stands in a JSON file: an enum is one of its texts, so that nothing of Grafana is needed to run. */
type Plain<T> = T extends string
  ? `${T}`
  : T extends readonly (infer U)[]
    ? readonly Plain<U>[]
    : T extends object
      ? { readonly [K in keyof T]: Plain<T[K]> }
      : T

/** What Grafana publishes of its files' form (`@grafana/schema`): what is generated is checked against it by the compiler. */
export type GrafanaDashboard = Plain<Dashboard>
export type GrafanaPanel = Plain<Panel>
export type StatOptions = Plain<Stat>
export type TableOptions = Plain<Table>
export type TimeSeriesOptions = Plain<TimeSeries>
export type TimeSeriesField = Plain<FieldConfig>
export type Color = Plain<FieldColor>
export type Thresholds = Plain<ThresholdsConfig>
export type Override = NonNullable<GrafanaPanel['fieldConfig']>['overrides'][number]

/** A panel that has no place yet. */
export interface Unplaced {
  /** Of 24 columns. */
  readonly width: number
  readonly height: number
  readonly panel: Omit<GrafanaPanel, 'id' | 'gridPos'>
}

const COLUMNS = 24

/**
 * Panels from left to right and from top to bottom; the next row begins below the highest of the last. Below them, folded up, those of
 * `folded`, whose queries run only when somebody opens them.
 */
export function placed(panels: readonly Unplaced[], folded?: { readonly title: string; readonly panels: readonly Unplaced[] }) {
  const top = place(panels, 1, 0)
  if (!folded) return top.panels
  const row = { type: 'row' as const, id: top.panels.length + 1, title: folded.title, collapsed: true }
  const below = place(folded.panels, row.id + 1, top.end + 1)
  return [...top.panels, { ...row, gridPos: { x: 0, y: top.end, w: COLUMNS, h: 1 }, panels: below.panels }]
}

function place(
  panels: readonly Unplaced[],
  firstId: number,
  from: number,
): { readonly panels: readonly GrafanaPanel[]; readonly end: number } {
  let x = 0
  let y = from
  let height = 0
  const done = panels.map(({ panel, width, height: h }, i): GrafanaPanel => {
    if (x + width > COLUMNS) {
      x = 0
      y += height
      height = 0
    }
    const gridPos = { x, y, w: width, h }
    x += width
    height = Math.max(height, h)
    return { id: firstId + i, ...panel, gridPos }
  })
  return { panels: done, end: y + height }
}

/** What all dashboards of a product have. `uid` is what links refer to, so it stays when the title changes. */
export function dashboardOf(product: { readonly name: string; readonly timezone: string }, suffix = '') {
  return {
    uid: `northstar-${product.name}${suffix}`.slice(0, 40),
    tags: ['northstar', product.name],
    timezone: product.timezone,
    // What is generated is changed in the product's files.
    editable: false,
    schemaVersion: 42,
    templating: { list: [] },
    annotations: { list: [] },
    links: [],
  } satisfies Partial<GrafanaDashboard>
}
