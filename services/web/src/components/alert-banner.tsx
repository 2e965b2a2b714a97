import { useFiring } from '../firing.ts'
import { formatCount } from '../format.ts'
import { Link } from '../router.tsx'
import { ruleTitle } from '../titles.ts'
import { Icon } from './icon.tsx'
import { Severity } from './status.tsx'

/** The most severe firing alert, on top of every page. */
export function AlertBanner() {
  const firing = useFiring()
  const [alert] = firing
  return (
    <div role="status">
      {alert && (
        <p className="cluster alert-banner">
          <Icon name="bell" />
          <Severity level={alert.severity} />
          <Link href={`/alerts?alert=${alert.fingerprint}`}>{alert.annotations.summary ?? ruleTitle(alert.rule)}</Link>
          {firing.length > 1 && (
            <Link className="alert-banner-more" href="/alerts">
              and {formatCount(firing.length - 1)} more {firing.length === 2 ? 'alert' : 'alerts'} firing
            </Link>
          )}
        </p>
      )}
    </div>
  )
}
