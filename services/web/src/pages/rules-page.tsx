import { lazy, Suspense } from 'react'
import { reload, useData } from '../api/store.ts'
import type { Rule } from '../api/types.ts'
import { Icon } from '../components/icon.tsx'
import { Panel, Skeleton, Trouble } from '../components/panel.tsx'
import { Severity, Status } from '../components/status.tsx'
import { useProduct, useSession } from '../context.ts'
import { formatCount, formatLength, formatTime, formatValue, humanize } from '../format.ts'
import { Link, useParameter } from '../router.tsx'
import type { Verdict } from '../verdict.ts'

const BacktestPanel = lazy(async () => ({ default: (await import('../panels/backtest-panel.tsx')).BacktestPanel }))

const RULES = '/v1/rules'
const RULES_MS = 10_000

export function RulesPage() {
  const { data, error } = useData<{ readonly rules: readonly Rule[] }>(RULES, RULES_MS)
  const { role } = useSession()
  const [chosen, choose] = useParameter('rule')
  const severities = [...new Set(data?.rules.map(({ severity }) => severity))].sort()
  const tryOut = (rule: string) => {
    choose(rule)
    document.getElementById('backtest')?.scrollIntoView({ block: 'start' })
    document.querySelector<HTMLElement>('#backtest select')?.focus({ preventScroll: true })
  }
  return (
    <>
      <header className="page-head">
        <div>
          <h1>Alert rules</h1>
          <p className="lead">
            What is watched, and when somebody is disturbed. Rules are written in <code>alerts.yaml</code> of the product’s folder.
          </p>
        </div>
      </header>
      {error && !data && <Trouble error={error} onRetry={() => void reload(RULES)} />}
      {!data && !error && <Skeleton tall lines={6} />}
      {data?.rules.length === 0 && (
        <p className="panel">
          There are no rules yet. Write the first one into <code>alerts.yaml</code>; <code>northstar check</code> tells whether it is right.
        </p>
      )}
      <div className="grid">
        {severities.map(severity => (
          <Panel
            key={severity}
            title={
              <>
                <Severity level={severity} /> {MEANINGS[severity]}
              </>
            }
          >
            <ul className="rule-list">
              {data?.rules
                .filter(rule => rule.severity === severity)
                .map(rule => (
                  <RuleRow key={rule.rule} rule={rule} {...(role === 'admin' && { onTry: () => tryOut(rule.rule) })} />
                ))}
            </ul>
          </Panel>
        ))}
        {data && data.rules.length > 0 && role === 'admin' && (
          <Suspense fallback={<Skeleton tall lines={3} />}>
            <BacktestPanel rules={data.rules} chosen={data.rules.some(({ rule }) => rule === chosen) ? chosen : null} onChoose={choose} />
          </Suspense>
        )}
      </div>
    </>
  )
}

const MEANINGS: Readonly<Record<Rule['severity'], string>> = {
  P0: 'Somebody is called at once',
  P1: 'Action within a day',
  P2: 'Action within a week',
  P3: 'Told in the weekly digest',
}

const STATES: Readonly<Record<Rule['state'], Verdict>> = {
  ok: { tone: 'good', word: 'Calm' },
  pending: { tone: 'warn', word: 'Pending' },
  firing: { tone: 'bad', word: 'Firing' },
}

const NO_DATA: Readonly<Record<Rule['no_data'], string>> = {
  keep: 'Without data it stays as it is.',
  ok: 'Without data it is calm.',
  alerting: 'Without data it fires.',
  no_data: 'Without data another alert tells so.',
}

function RuleRow({ rule, onTry }: { readonly rule: Rule; readonly onTry?: () => void }) {
  const { metrics, zone } = useProduct()
  const unit = rule.unit ?? 'number'
  return (
    <li id={rule.rule} className="rule">
      <div className="rule-head">
        <h3>{humanize(rule.rule)}</h3>
        <Status {...STATES[rule.state]} />
      </div>
      <p>{rule.condition}.</p>
      {rule.action && (
        <p>
          <strong>To do:</strong> {rule.action}
          {rule.runbook && (
            <>
              {' '}
              (<a href={rule.runbook}>runbook</a>)
            </>
          )}
        </p>
      )}
      {rule.alerts.map(alert => (
        <p key={alert.fingerprint}>
          <Link href={`/alerts?alert=${alert.fingerprint}`}>
            {alert.member === null ? (alert.state === 'firing' ? 'Fires' : 'Pending') : humanize(alert.member)}
          </Link>{' '}
          since {formatTime(alert.starts_at, zone)} at {formatValue(alert.value, unit)}
          {alert.threshold !== null && `, limit ${formatValue(alert.threshold, unit)}`}
        </p>
      ))}
      <p className="quiet">{finePrint(rule)}</p>
      <div className="rule-actions">
        {metrics.has(rule.metric) && (
          <Link className="button button-small" href={`/metrics/${rule.metric}`}>
            See the metric
          </Link>
        )}
        {onTry && (
          <button type="button" className="button button-small" onClick={onTry} aria-label={`Try on the past: ${humanize(rule.rule)}`}>
            <Icon name="clock" size={14} /> Try on the past
          </button>
        )}
      </div>
    </li>
  )
}

/** When a firing rule ends, and what it needs to be judged. */
function finePrint({ recovery, unit, keep_firing_for_seconds: lasting, min_sample, no_data }: Rule): string {
  const ends = [
    ...(recovery === null ? [] : [`at ${formatValue(recovery, unit ?? 'number')}`]),
    ...(lasting > 0 ? [`once it is over for ${formatLength(lasting)}`] : []),
  ]
  return [
    ...(ends.length > 0 ? [`Ends ${ends.join(', ')}.`] : []),
    ...(min_sample > 1 ? [`Needs ${formatCount(min_sample)} observations.`] : []),
    NO_DATA[no_data],
  ].join(' ')
}
