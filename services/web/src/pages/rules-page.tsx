import { lazy, Suspense } from 'react'
import { RULES } from '../alert/member.ts'
import { useData } from '../api/store.ts'
import type { Answer, Rule, routes } from '../api/types.ts'
import { Icon } from '../components/icon.tsx'
import { PageHead } from '../components/page-head.tsx'
import { Panel, Skeleton } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { Severity, Status } from '../components/status.tsx'
import { useMay, useProduct } from '../context.ts'
import { formatCount, formatDuration, formatTime, formatValue, limitText } from '../format.ts'
import { useReceiversOff } from '../panels/receivers-panel.tsx'
import { Link, useParameter } from '../router.tsx'
import { valueTitle } from '../titles.ts'
import type { Verdict } from '../verdict.ts'

const BacktestPanel = lazy(async () => ({ default: (await import('../panels/backtest-panel.tsx')).BacktestPanel }))

const RULES_MS = 10_000

export function RulesPage() {
  const { data, error } = useData<Answer<typeof routes.rules.list>>(RULES, RULES_MS)
  const mayBacktest = useMay('responder')
  const [chosen, choose] = useParameter('rule')
  const severities = [...new Set(data?.rules.map(({ severity }) => severity))].sort()
  const backtest = (rule: string) => {
    choose(rule)
    document.getElementById('backtest')?.scrollIntoView({ block: 'start' })
    document.querySelector<HTMLElement>('#backtest select')?.focus({ preventScroll: true })
  }
  return (
    <>
      <PageHead
        title="Alert rules"
        lead={
          <>
            Conditions that trigger alerts, defined in <code>alerts.yaml</code> in the product folder.
          </>
        }
      />
      <Placeholder data={data} error={error} path={RULES} tall lines={6} />
      {data?.rules.length === 0 && (
        <p className="panel">
          No alert rules. Add one to <code>alerts.yaml</code> and validate it with <code>northstar check</code>.
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
                  <RuleRow key={rule.rule} rule={rule} {...(mayBacktest && { onBacktest: () => backtest(rule.rule) })} />
                ))}
            </ul>
          </Panel>
        ))}
        {data && data.rules.length > 0 && mayBacktest && (
          <Suspense fallback={<Skeleton tall lines={3} />}>
            <BacktestPanel rules={data.rules} chosen={data.rules.some(({ rule }) => rule === chosen) ? chosen : null} onChoose={choose} />
          </Suspense>
        )}
      </div>
    </>
  )
}

const MEANINGS: Readonly<Record<Rule['severity'], string>> = {
  P0: 'Page immediately',
  P1: 'Act within a day',
  P2: 'Act within a week',
  P3: 'Weekly digest',
}

const STATES: Readonly<Record<Rule['state'], Verdict>> = {
  ok: { tone: 'good', word: 'OK' },
  pending: { tone: 'warn', word: 'Pending' },
  firing: { tone: 'bad', word: 'Firing' },
}

const NO_DATA: Readonly<Record<Rule['no_data'], string>> = {
  keep: 'Keeps its state when there is no data.',
  ok: 'Resolves when there is no data.',
  alerting: 'Fires when there is no data.',
  no_data: 'Raises a separate alert when there is no data.',
}

function RuleRow({ rule, onBacktest }: { readonly rule: Rule; readonly onBacktest?: () => void }) {
  const { metrics, zone } = useProduct()
  const unit = rule.unit ?? 'number'
  const off = useReceiversOff(rule.receivers)
  return (
    <li id={rule.rule} className="card">
      <div className="cluster">
        <h3>{rule.title}</h3>
        <Status {...STATES[rule.state]} />
      </div>
      <p>{rule.condition}.</p>
      {rule.action && (
        <p>
          <strong>Action:</strong> {rule.action}
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
            {alert.member === null ? (alert.state === 'firing' ? 'Firing' : 'Pending') : valueTitle(rule.by ?? '', alert.member)}
          </Link>{' '}
          since {formatTime(alert.starts_at, zone)} at {formatValue(alert.value, unit)}
          {limitText(alert.threshold, unit)}
        </p>
      ))}
      <p className="quiet">{finePrint(rule)}</p>
      <p className="quiet">
        {rule.receivers.length === 0
          ? 'No receivers.'
          : `Notifies ${rule.receivers.map(name => (off.includes(name) ? `${name} (off)` : name)).join(', ')}.`}
      </p>
      <div className="cluster card-foot">
        {metrics.has(rule.metric) && (
          <Link className="button button-small" href={`/metrics/${rule.metric}`}>
            View metric
          </Link>
        )}
        {onBacktest && (
          <button type="button" className="button button-small" onClick={onBacktest} aria-label={`Backtest: ${rule.title}`}>
            <Icon name="clock" size={14} /> Backtest
          </button>
        )}
      </div>
    </li>
  )
}

/** When a firing rule resolves, its minimum sample, and its handling of missing data. */
function finePrint({ recovery, unit, keep_firing_for_seconds: keepFiring, min_sample, no_data }: Rule): string {
  const ends = [
    ...(recovery === null ? [] : [`at ${formatValue(recovery, unit ?? 'number')}`]),
    ...(keepFiring > 0 ? [`after ${formatDuration(keepFiring)} without the condition`] : []),
  ]
  return [
    ...(ends.length > 0 ? [`Resolves ${ends.join(', ')}.`] : []),
    ...(min_sample > 1 ? [`Minimum sample: ${formatCount(min_sample)}.`] : []),
    NO_DATA[no_data],
  ].join(' ')
}
