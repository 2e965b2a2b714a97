import type { Dashboard, FieldColor, Panel, ThresholdsConfig } from '@grafana/schema'
import type { Options as Stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen'
import type { Options as Table } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen'
import type {
  FieldConfig,
  Options as TimeSeries,
} from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen'

/** A Grafana type as JSON. Enums become their string values, so Grafana's package is not needed at run time. */
type Plain<T> = T extends string
  ? `${T}`
  : T extends readonly (infer U)[]
    ? readonly Plain<U>[]
    : T extends object
      ? { readonly [K in keyof T]: Plain<T[K]> }
      : T

/** Types of Grafana's schema, against which the compiler checks generated dashboards. */
export type GrafanaDashboard = Plain<Dashboard>
export type GrafanaPanel = Plain<Panel>
export type StatOptions = Plain<Stat>
export type TableOptions = Plain<Table>
export type TimeSeriesOptions = Plain<TimeSeries>
export type TimeSeriesField = Plain<FieldConfig>
export type Color = Plain<FieldColor>
export type Thresholds = Plain<ThresholdsConfig>
export type Override = NonNullable<GrafanaPanel['fieldConfig']>['overrides'][number]

/** A panel without its position. */
export interface PanelContent {
  /** Width in columns, of 24. */
  readonly width: number
  readonly height: number
  readonly panel: Omit<GrafanaPanel, 'id' | 'gridPos'>
}

const COLUMNS = 24

/**
 * Positions panels from left to right and from top to bottom; a row begins below the tallest panel of the row above. The panels of `collapsed`
 * follow in collapsed rows, whose queries run once they are opened.
 */
export function positioned(
  panels: readonly PanelContent[],
  ...collapsed: readonly { readonly title: string; readonly panels: readonly PanelContent[] }[]
) {
  const top = position(panels, 1, 0)
  const rows: NonNullable<GrafanaDashboard['panels']>[number][] = [...top.panels]
  let id = top.panels.length + 1
  let y = top.end
  for (const { title, panels: own } of collapsed) {
    const below = position(own, id + 1, y + 1)
    const gridPos = { x: 0, y, w: COLUMNS, h: 1 }
    rows.push({ type: 'row' as const, id, title, collapsed: true, gridPos, panels: [...below.panels] })
    id += 1 + own.length
    y = below.end
  }
  return rows
}

function position(
  panels: readonly PanelContent[],
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

/** The common part of all dashboards. Links refer to `uid`, so it does not depend on the title. */
export function dashboardOf(product: { readonly name: string; readonly timezone: string }, suffix = '') {
  return {
    uid: `northstar-${product.name}${suffix}`.slice(0, 40),
    tags: ['northstar', product.name],
    timezone: product.timezone,
    // Dashboards are generated from the product's files.
    editable: false,
    schemaVersion: 42,
    templating: { list: [] },
    annotations: { list: [] },
    links: [],
  } satisfies Partial<GrafanaDashboard>
}
