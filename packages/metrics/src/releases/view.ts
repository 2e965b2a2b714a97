import type { MetricCatalogue } from '../metric.ts'
import { column, EVENTS, keyOf } from '../sql.ts'
import { METRICS_DATABASE, type MetricView } from '../views.ts'
import { NO_RELEASES } from './releases-section.ts'

/** The view of the releases that events name. */
export const RELEASES_VIEW = `${METRICS_DATABASE}.releases`

/**
 * The view {@link RELEASES_VIEW}: `version`, `first_seen`, `last_seen`, and the different `sessions` and `users` ever. None where no event
 * names its release, or a metric has the view's name.
 */
export function releaseViews({ plan, metrics, releases }: MetricCatalogue): readonly MetricView[] {
  const { property } = releases ?? NO_RELEASES
  if (metrics.has('releases') || !plan.columns.some(({ name }) => name === property)) return []
  const [version, session, user] = [column(property), keyOf('session_id'), keyOf('user_id')]
  const select = `SELECT assumeNotNull(toString(${version})) AS version, min(e.timestamp) AS first_seen, max(e.timestamp) AS last_seen,
  uniqExactIf(${session}, ${session} != 0) AS sessions, uniqExactIf(${user}, ${user} != 0) AS users
FROM ${EVENTS} WHERE isNotNull(${version}) AND toString(${version}) != ''
GROUP BY version`
  return [{ name: RELEASES_VIEW, select }]
}
