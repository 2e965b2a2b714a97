import type { BacktestAnswer, Rule } from '../api/types.ts'
import { EpisodeLane } from '../charts/episode-lane.tsx'
import { useProduct } from '../context.ts'
import {
  formatCount,
  formatCounted,
  formatDay,
  formatDuration,
  formatPercent,
  formatTime,
  formatValue,
  humanize,
  limitText,
} from '../format.ts'
import { ruleTitle, valueTitle } from '../titles.ts'
import { Icon } from './icon.tsx'
import { Severity } from './status.tsx'

/** Episodes listed per rule. */
const MAX_EPISODES = 20
/** Ranges shorter than this are labelled with times instead of days. */
const SHORT_MS = 3 * 86_400_000

export function BacktestResult({ result, rules }: { readonly result: BacktestAnswer; readonly rules: readonly Rule[] }) {
  const { zone } = useProduct()
  const fired = result.rules.filter(rule => rule.fired > 0)
  const quiet = result.rules.filter(rule => rule.fired === 0)
  const [from, to] = [Date.parse(result.from), Date.parse(result.to)]
  const format = to - from < SHORT_MS ? formatTime : formatDay
  const messages = Object.entries(result.notifications)
  return (
    <div className="backtest">
      <p className="backtest-said">
        <Icon name={fired.length === 0 ? 'check' : 'bell'} />
        {fired.length === 0
          ? `No rule would have fired in ${formatDuration((to - from) / 1_000)}.`
          : `${formatCount(fired.length)} of ${formatCount(result.rules.length)} rules would have fired in ${formatDuration((to - from) / 1_000)}.`}
      </p>
      {messages.length > 0 && (
        <p className="quiet">
          Notifications: {messages.map(([receiver, count]) => `${formatCount(count)} to ${humanize(receiver).toLowerCase()}`).join(', ')}.
        </p>
      )}
      <ul className="lanes">
        {fired.map(({ rule, severity, episodes, ...sums }) => (
          <li key={rule}>
            <p className="cluster">
              <Severity level={severity} /> <strong>{ruleTitle(rule)}</strong>
              <span className="quiet">
                {formatCounted(sums.fired, 'time')} · {formatPercent(sums.share)} of the time · longest{' '}
                {formatDuration(sums.longest_seconds)}
              </span>
            </p>
            <EpisodeLane
              from={from}
              to={to}
              severity={severity}
              episodes={episodes.map(one => ({ from: Date.parse(one.from), to: one.to === null ? null : Date.parse(one.to) }))}
            />
            <Episodes episodes={episodes} rule={rules.find(one => one.rule === rule)} />
          </li>
        ))}
      </ul>
      {fired.length > 0 && (
        <p className="lane-axis quiet" aria-hidden="true">
          <span>{format(from, zone)}</span>
          <span>{format(to, zone)}</span>
        </p>
      )}
      {quiet.length > 0 && (
        <p className="quiet">
          Did not fire:{' '}
          {quiet
            .map(({ rule, lapsed }) => ruleTitle(rule) + (lapsed > 0 ? ` (pending ${formatCounted(lapsed, 'time')} without firing)` : ''))
            .join(', ')}
          .
        </p>
      )}
      <p className="quiet">Evaluated every {formatDuration(result.step_seconds)}. Late events count as if they had arrived in time.</p>
    </div>
  )
}

type Episode = BacktestAnswer['rules'][number]['episodes'][number]

function Episodes({ episodes, rule }: { readonly episodes: readonly Episode[]; readonly rule: Rule | undefined }) {
  const unit = rule?.unit ?? 'number'
  const { zone } = useProduct()
  return (
    <details>
      <summary>Episodes</summary>
      <ul className="episodes">
        {episodes.slice(0, MAX_EPISODES).map(one => (
          <li key={one.from + (one.member ?? '')}>
            {one.member !== null && <strong>{valueTitle(rule?.by ?? '', one.member)}: </strong>}
            {formatTime(one.from, zone)}, {one.to === null ? 'still firing at the end' : `for ${formatDuration(one.seconds)}`}
            {one.worst !== null && (
              <span className="quiet">
                {' '}
                · worst {formatValue(one.worst, unit)}
                {limitText(one.threshold, unit)}
              </span>
            )}
          </li>
        ))}
        {episodes.length > MAX_EPISODES && <li className="quiet">and {formatCount(episodes.length - MAX_EPISODES)} more</li>}
      </ul>
    </details>
  )
}
