import { AlertChangesPanel, changesPath } from '../alert/alert-changes-panel.tsx'
import { AlertCommentsPanel } from '../alert/alert-comments-panel.tsx'
import { AlertCoursePanel, COURSE_MS, coursePath } from '../alert/alert-course-panel.tsx'
import { AlertFacts } from '../alert/alert-facts.tsx'
import { AlertNotificationsPanel } from '../alert/alert-notifications-panel.tsx'
import { AlertPastPanel } from '../alert/alert-past-panel.tsx'
import { RULES } from '../alert/member.ts'
import { useData } from '../api/store.ts'
import type { Alert, Answer, routes } from '../api/types.ts'
import { AlertActions } from '../components/alert-actions.tsx'
import { PageHead } from '../components/page-head.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { SILENCES } from '../components/silence-dialog.tsx'
import { Severity, Status } from '../components/status.tsx'
import { ALERTS_MS, ALERTS_PATH } from '../firing.ts'
import { Link } from '../router.tsx'
import { ruleTitle } from '../titles.ts'
import type { Verdict } from '../verdict.ts'
import { NotFoundPage } from './not-found-page.tsx'

const FINGERPRINT = /^[0-9a-f]{16}$/

/** One alert: its facts, evaluations, changes, notifications, comments and history. */
export function AlertPage({ fingerprint }: { readonly fingerprint: string }) {
  return FINGERPRINT.test(fingerprint) ? <AlertOf fingerprint={fingerprint} /> : <NotFoundPage />
}

function AlertOf({ fingerprint }: { readonly fingerprint: string }) {
  const path = `/v1/alerts/${encodeURIComponent(fingerprint)}`
  const { data: alert, error } = useData<Alert>(path, ALERTS_MS)
  // They take longest, so they are asked for before the alert has arrived.
  useData(coursePath(fingerprint), COURSE_MS)
  useData(changesPath(fingerprint))
  const rules = useData<Answer<typeof routes.rules.list>>(RULES)
  if (!alert || !(rules.data || rules.error))
    return (
      <>
        <PageHead title="Alert" parent={ALERTS} />
        <Placeholder data={rules.data && alert} error={error} path={path} tall lines={8} />
      </>
    )
  return (
    <>
      <Head alert={alert} path={path} />
      <div className="grid">
        <AlertFacts alert={alert} rule={rules.data?.rules.find(({ rule }) => rule === alert.rule)} />
        <AlertCoursePanel alert={alert} />
        <AlertChangesPanel alert={alert} />
        <AlertNotificationsPanel alert={alert} />
        <AlertCommentsPanel fingerprint={fingerprint} />
        <AlertPastPanel alert={alert} />
      </div>
    </>
  )
}

const titleOf = ({ annotations, rule }: Alert) => annotations.summary ?? ruleTitle(rule)

const STATES: Readonly<Record<Alert['state'], Verdict>> = {
  firing: { tone: 'bad', word: 'Firing' },
  pending: { tone: 'warn', word: 'Pending' },
  resolved: { tone: 'good', word: 'Resolved' },
}

const ALERTS = { href: '/alerts', text: 'Alerts' } as const

/** The alert's title and state, with buttons to acknowledge and silence it. */
function Head({ alert, path }: { readonly alert: Alert; readonly path: string }) {
  return (
    <PageHead
      title={titleOf(alert)}
      parent={ALERTS}
      isFocused
      states={
        <>
          <Severity level={alert.severity} />
          <Status {...STATES[alert.state]} />
          {alert.acknowledged_by && <Status tone="good" word={`Acknowledged by ${alert.acknowledged_by}`} />}
          {alert.silenced_by.length > 0 && <Status tone="plain" word="Silenced" />}
          {alert.inhibited_by && (
            <Link href={`/alerts?alert=${alert.inhibited_by}`}>
              <Status tone="plain" word="Inhibited by another alert" />
            </Link>
          )}
        </>
      }
    >
      <div className="cluster">
        <AlertActions alert={alert} paths={[path, ALERTS_PATH, SILENCES]} />
      </div>
    </PageHead>
  )
}
