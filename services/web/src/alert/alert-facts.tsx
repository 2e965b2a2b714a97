import type { Alert, Rule } from '../api/types.ts'
import { Fact, Facts } from '../components/facts.tsx'
import { Panel } from '../components/panel.tsx'
import { useProduct } from '../context.ts'
import { formatAgo, formatDuration, formatTime, formatValue, limitText } from '../format.ts'
import { Link } from '../router.tsx'
import { ruleTitle } from '../titles.ts'
import { ownLabels } from './labels.ts'

interface AlertFactsProps {
  readonly alert: Alert
  /** Undefined for a rule that was removed. */
  readonly rule: Rule | undefined
}

/** Condition, value, labels and action of an alert, with links to its runbook, rule and metric. */
export function AlertFacts({ alert, rule }: AlertFactsProps) {
  const { metrics } = useProduct()
  const metric = metrics.get(alert.metric ?? '')
  const unit = alert.unit ?? 'number'
  const runbook = alert.annotations.runbook_url ?? rule?.runbook
  const action = alert.annotations.action ?? rule?.action
  const labels = ownLabels(alert)
  return (
    <Panel title="What happened">
      {alert.annotations.description && <p>{alert.annotations.description}</p>}
      {action && (
        <p className="alert-action">
          <strong>Action:</strong> {action}
        </p>
      )}
      <Facts>
        {rule && <Fact name="Condition">{rule.condition}.</Fact>}
        <Fact name={alert.state === 'resolved' ? 'Last value' : 'Value now'}>
          {formatValue(alert.value, unit)}
          {limitText(alert.threshold, unit)}
        </Fact>
        <Fact name="Time">
          <AlertTime alert={alert} />
        </Fact>
        {labels.length > 0 && <Fact name="Labels">{labels.map(([name, value]) => `${name}=${value}`).join(', ')}</Fact>}
        <Fact name="Runbook">
          {runbook === undefined || runbook === null ? (
            <>
              None. Set <code>runbook</code> in the rule.
            </>
          ) : (
            <a href={runbook} target="_blank" rel="noreferrer">
              {runbook}
            </a>
          )}
        </Fact>
        <Fact name="Rule">{rule ? <Link href={`/rules#${alert.rule}`}>{ruleTitle(alert.rule)}</Link> : `${alert.rule} (removed)`}</Fact>
        {metric && (
          <Fact name="Metric">
            <Link href={`/metrics/${metric.name}`}>{metric.title}</Link>
          </Fact>
        )}
      </Facts>
    </Panel>
  )
}

function AlertTime({ alert: { starts_at, ends_at, state } }: { readonly alert: Alert }) {
  const { zone } = useProduct()
  const started = <time dateTime={starts_at}>{formatTime(starts_at, zone)}</time>
  if (state === 'pending') return <>Pending since {started}</>
  if (ends_at === null)
    return (
      <>
        Fired {started} ({formatAgo(starts_at, Date.now())})
      </>
    )
  return (
    <>
      Fired {started}, resolved after {formatDuration((Date.parse(ends_at) - Date.parse(starts_at)) / 1_000)}
    </>
  )
}
