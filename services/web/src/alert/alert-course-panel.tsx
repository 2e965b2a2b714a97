import { useData } from '../api/store.ts'
import type { Alert, AlertCourse } from '../api/types.ts'
import { AlertChart } from '../charts/alert-chart.tsx'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { useProduct } from '../context.ts'
import { Exportable } from '../export/exportable.tsx'
import { ruleTitle } from '../titles.ts'
import { useWithMember } from './member.ts'

export const COURSE_MS = 60_000
export const coursePath = (fingerprint: string) => `/v1/alerts/${encodeURIComponent(fingerprint)}/course`

/** The values that the rule saw, with the threshold and the firing period. */
export function AlertCoursePanel({ alert }: { readonly alert: Alert }) {
  const { metrics, zone } = useProduct()
  const path = coursePath(alert.fingerprint)
  const { data, error } = useData<AlertCourse>(path, COURSE_MS)
  const title = useWithMember()(metrics.get(alert.metric ?? '')?.title ?? ruleTitle(alert.rule), alert)
  return (
    <Panel title={`${title}, as the rule sees it`}>
      <Placeholder data={data} error={error} path={path} tall lines={1} />
      {data && (
        <Exportable file={`alert-${alert.rule}`} title={`${title}, as the rule ${ruleTitle(alert.rule)} sees it`} rows={() => rowsOf(data)}>
          <AlertChart
            points={sinceFirstValue(data.points)}
            unit={alert.unit ?? 'number'}
            zone={zone}
            title={title}
            firing={{ from: Date.parse(alert.starts_at), to: alert.ends_at === null ? null : Date.parse(alert.ends_at) }}
          />
        </Exportable>
      )}
    </Panel>
  )
}

const rowsOf = ({ points }: AlertCourse) => [
  ['at', 'value', 'threshold'],
  ...sinceFirstValue(points).map(({ at, value, threshold }) => [at, value, threshold]),
]

/** The points from the first value on, with one before it: a new product or release has none for long. */
function sinceFirstValue(points: AlertCourse['points']): AlertCourse['points'] {
  const first = points.findIndex(({ value }) => value !== null)
  return points.slice(Math.max(0, first - 1))
}
