import type { MetricCatalogue } from '../metric-catalogue.ts'
import { column, distinctIds, EVENTS } from '../sql.ts'
import { METRICS_DATABASE, type MetricView } from '../views.ts'
import { NO_RELEASES } from './releases-section.ts'

/** The view of the releases that events name. */
export const RELEASES_VIEW = `${METRICS_DATABASE}.releases`

/**
 * The view {@link RELEASES_VIEW}: `version`, `first_seen`, `last_seen`, and the numbers of different `sessions` and `users`. There is
 * none if no event declares the release's property, or if a metric has the view's name.
 */
export function releaseViews({ plan, metrics, releases }: MetricCatalogue): readonly MetricView[] {
  const { property } = releases ?? NO_RELEASES
  if (metrics.has('releases') || !plan.columns.some(({ name }) => name === property)) return []
  const version = column(property)
  const select = `SELECT assumeNotNull(toString(${version})) AS version, min(e.timestamp) AS first_seen, max(e.timestamp) AS last_seen,
  ${distinctIds('session_id')} AS sessions, ${distinctIds('user_id')} AS users
FROM ${EVENTS} WHERE isNotNull(${version}) AND toString(${version}) != ''
GROUP BY version`
  return [{ name: RELEASES_VIEW, select }]
}
