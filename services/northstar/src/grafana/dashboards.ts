import type { DashboardCatalogue } from '@northstar/api'
import type { GrafanaDashboard } from './model.ts'
import { operationsDashboard } from './operations-dashboard.ts'
import { productDashboard } from './product-dashboard.ts'

/** The Grafana dashboards of a product by file name: metrics from ClickHouse, operations from Prometheus. */
export function grafanaDashboards(catalogue: DashboardCatalogue): ReadonlyMap<string, string> {
  const { name } = catalogue.product
  const text = (dashboard: GrafanaDashboard) => `${JSON.stringify(dashboard, null, 2)}\n`
  return new Map([
    [`${name}.json`, text(productDashboard(catalogue))],
    [`${name}-operations.json`, text(operationsDashboard(catalogue))],
  ])
}
