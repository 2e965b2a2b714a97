import { reload, useData } from '../api/store.ts'
import type { DashboardFigure } from '../api/types.ts'
import { ErrorMessage, Panel, Skeleton } from '../components/panel.tsx'
import { AllClear, Severity } from '../components/status.tsx'
import { useProduct } from '../context.ts'
import { useMembers } from '../figure.ts'
import { ALERTS_MS, ALERTS_PATH, type Alerts } from '../firing.ts'
import { formatAgo, formatValue } from '../format.ts'
import { memberOf } from '../members.ts'
import { Link } from '../router.tsx'
import { ruleTitle } from '../titles.ts'

interface AlertsPanelProps {
  readonly title: string
  readonly width: 'third' | 'half' | 'full'
  readonly issues?: DashboardFigure
}

export function AlertsPanel({ title, width, issues }: AlertsPanelProps) {
  const { data, error } = useData<Alerts>(ALERTS_PATH, ALERTS_MS)
  const active = data?.alerts.filter(alert => alert.state !== 'resolved')
  return (
    <Panel title={title} width={width} aside={<Link href="/alerts">All alerts</Link>}>
      {error && <ErrorMessage error={error} onRetry={() => void reload(ALERTS_PATH)} />}
      {!active && !error && <Skeleton lines={2} />}
      <div aria-live="polite">
        {active?.length === 0 && <AllClear>No alerts firing.</AllClear>}
        <ul className="alert-list">
          {active?.map(alert => (
            <li key={alert.fingerprint}>
              <Severity level={alert.severity} />
              <div>
                <Link href={`/alerts?alert=${alert.fingerprint}`}>{alert.annotations.summary ?? ruleTitle(alert.rule)}</Link>
                <p className="quiet">
                  {alert.state === 'pending' ? 'Pending' : 'Firing'} · started {formatAgo(alert.starts_at, Date.now())}
                  {alert.acknowledged_by && ` · acknowledged by ${alert.acknowledged_by}`}
                  {alert.silenced_by.length > 0 && ' · silenced'}
                </p>
              </div>
            </li>
          ))}
        </ul>
      </div>
      {issues && <Issues figure={issues} />}
    </Panel>
  )
}

function Issues({ figure }: { readonly figure: DashboardFigure }) {
  const { metrics } = useProduct()
  const { data } = useMembers(figure, figure.by)
  const definition = metrics.get(figure.metric)
  const latest = data?.at(-1)?.from
  const members = data?.filter(({ from }) => from === latest)
  const open = members?.filter(({ value }) => value)
  if (!definition || !open) return null
  return (
    <div className="issues">
      <h3>
        <Link href={`/metrics/${figure.metric}`}>{figure.title ?? definition.title}</Link>
      </h3>
      {open.length === 0 ? (
        // Without any issue so far nothing is known, such as whether something reports them.
        members?.some(({ sample }) => sample > 0) ? (
          <AllClear>No open issues.</AllClear>
        ) : (
          <p className="quiet">Not enough data: no issue has been reported yet.</p>
        )
      ) : (
        <ul className="alert-list">
          {open.map(({ by, value, target }) => {
            const name = memberOf({ by })
            return (
              <li key={name}>
                <Severity level={name} />
                <p>
                  <strong>{formatValue(value, definition.unit)}</strong> open
                  {target && <span className="quiet"> · target at most {formatValue(target.value, definition.unit)}</span>}
                </p>
              </li>
            )
          })}
        </ul>
      )}
    </div>
  )
}
