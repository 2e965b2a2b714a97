import type { BacktestAnswer } from '@northstar/alerting'
import type { Rule } from '../api/types.ts'
import { Lane } from '../charts/lane.tsx'
import { useProduct } from '../context.ts'
import { formatCount, formatDay, formatLength, formatPercent, formatTime, formatValue, humanize } from '../format.ts'
import { Icon } from './icon.tsx'
import { Severity } from './status.tsx'

/** As many episodes are listed of a rule. */
const MOST = 20
/** Of a shorter span the day alone says too little. */
const SHORT_MS = 3 * 86_400_000

export function BacktestResult({ result, rules }: { readonly result: BacktestAnswer; readonly rules: readonly Rule[] }) {
  const { zone } = useProduct()
  const fired = result.rules.filter(rule => rule.fired > 0)
  const calm = result.rules.filter(rule => rule.fired === 0)
  const [from, to] = [Date.parse(result.from), Date.parse(result.to)]
  const format = to - from < SHORT_MS ? formatTime : formatDay
  const messages = Object.entries(result.notifications)
  return (
    <div className="backtest">
      <p className="backtest-said">
        <Icon name={fired.length === 0 ? 'check' : 'bell'} />
        {fired.length === 0
          ? `Nothing would have fired in ${formatLength((to - from) / 1_000)}.`
          : `${formatCount(fired.length)} of ${formatCount(result.rules.length)} rules would have fired in ${formatLength((to - from) / 1_000)}.`}
      </p>
      {messages.length > 0 && (
        <p className="quiet">
          Messages: {messages.map(([receiver, count]) => `${formatCount(count)} to ${humanize(receiver).toLowerCase()}`).join(', ')}.
        </p>
      )}
      <ul className="lanes">
        {fired.map(({ rule, severity, episodes, ...sums }) => (
          <li key={rule}>
            <p className="lane-head">
              <Severity level={severity} /> <strong>{humanize(rule)}</strong>
              <span className="quiet">
                {formatCount(sums.fired)} {sums.fired === 1 ? 'time' : 'times'} · {formatPercent(sums.share)} of the time · longest{' '}
                {formatLength(sums.longest_seconds)}
              </span>
            </p>
            <Lane
              from={from}
              to={to}
              severity={severity}
              episodes={episodes.map(one => ({ from: Date.parse(one.from), to: one.to === null ? null : Date.parse(one.to) }))}
            />
            <Episodes episodes={episodes} unit={rules.find(one => one.rule === rule)?.unit ?? 'number'} />
          </li>
        ))}
      </ul>
      {fired.length > 0 && (
        <p className="lane-axis quiet" aria-hidden="true">
          <span>{format(from, zone)}</span>
          <span>{format(to, zone)}</span>
        </p>
      )}
      {calm.length > 0 && (
        <p className="quiet">
          Calm all the time:{' '}
          {calm
            .map(({ rule, lapsed }) => humanize(rule) + (lapsed > 0 ? ` (held ${formatCount(lapsed)} times, too short to fire)` : ''))
            .join(', ')}
          .
        </p>
      )}
      <p className="quiet">Looked at every {formatLength(result.step_seconds)}; what arrived late counts as if it had been there.</p>
    </div>
  )
}

type Episode = BacktestAnswer['rules'][number]['episodes'][number]

function Episodes({ episodes, unit }: { readonly episodes: readonly Episode[]; readonly unit: NonNullable<Rule['unit']> }) {
  const { zone } = useProduct()
  return (
    <details>
      <summary>When</summary>
      <ul className="episodes">
        {episodes.slice(0, MOST).map(one => (
          <li key={one.from + (one.member ?? '')}>
            {one.member !== null && <strong>{humanize(one.member)}: </strong>}
            {formatTime(one.from, zone)}, {one.to === null ? 'and still at the end' : `for ${formatLength(one.seconds)}`}
            {one.worst !== null && (
              <span className="quiet">
                {' '}
                · at worst {formatValue(one.worst, unit)}
                {one.threshold !== null && `, limit ${formatValue(one.threshold, unit)}`}
              </span>
            )}
          </li>
        ))}
        {episodes.length > MOST && <li className="quiet">and {formatCount(episodes.length - MOST)} more</li>}
      </ul>
    </details>
  )
}
