import { ownLabels } from '../alert/labels.ts'
import type { Alert } from '../api/types.ts'
import { useProduct } from '../context.ts'
import { formatAgo, formatCount, formatTime, formatValue, limitText } from '../format.ts'
import { Link } from '../router.tsx'
import { propertyTitle, ruleTitle, valueTitle } from '../titles.ts'
import { AlertActions } from './alert-actions.tsx'
import { Severity, Status } from './status.tsx'

interface AlertCardProps {
  readonly alert: Alert
  /** Paths to read again after a change. */
  readonly paths: readonly string[]
}

export function AlertCard({ alert, paths }: AlertCardProps) {
  const { zone } = useProduct()
  const firing = alert.state === 'firing'
  const silenced = alert.silenced_by.length > 0
  const labels = ownLabels(alert)
  return (
    <li className="card">
      <div className="cluster">
        <Severity level={alert.severity} />
        <h3>
          <Link href={`/alerts?alert=${alert.fingerprint}`}>{alert.annotations.summary ?? ruleTitle(alert.rule)}</Link>
        </h3>
        <Status tone={firing ? 'bad' : 'plain'} word={firing ? 'Firing' : 'Pending'} />
        {silenced && <Status tone="plain" word="Silenced" />}
      </div>
      {alert.annotations.description && <p>{alert.annotations.description}</p>}
      {alert.annotations.action && (
        <p>
          <strong>Action:</strong> {alert.annotations.action}
        </p>
      )}
      <p className="quiet">
        Rule <Link href={`/rules#${alert.rule}`}>{ruleTitle(alert.rule)}</Link> · since{' '}
        <time dateTime={alert.starts_at}>{formatTime(alert.starts_at, zone)}</time> ({formatAgo(alert.starts_at, Date.now())})
        {alert.value !== null && ` · ${formatValue(alert.value, alert.unit ?? 'number')} now`}
        {limitText(alert.threshold, alert.unit ?? 'number')}
        {labels.length > 0 &&
          ` · ${labels.map(([name, value]) => `${propertyTitle(name).toLowerCase()} ${valueTitle(name, value)}`).join(', ')}`}
      </p>
      <Notifications alert={alert} />
      <div className="cluster">
        {alert.acknowledged_by && <Status tone="good" word={`Acknowledged by ${alert.acknowledged_by}`} />}
        <AlertActions alert={alert} paths={paths} />
      </div>
    </li>
  )
}

/** How many were notified of the alert; the alert's page has the list. */
function Notifications({ alert: { receivers, notifications } }: { readonly alert: Alert }) {
  const delivered = notifications.filter(({ outcome }) => outcome === 'delivered').length
  const text =
    receivers.length === 0
      ? 'No receiver: nobody is notified of this alert.'
      : notifications.length === 0
        ? `Receivers: ${receivers.join(', ')}. No notifications sent.`
        : `Notifications: ${formatCount(delivered)} of ${formatCount(notifications.length)} delivered.`
  return <p className="quiet">{text}</p>
}
