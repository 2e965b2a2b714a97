import { useWithMember } from '../alert/member.ts'
import { useData } from '../api/store.ts'
import type { Answer, HistoryEntry, routes } from '../api/types.ts'
import { EpisodeLane } from '../charts/episode-lane.tsx'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { Severity } from '../components/status.tsx'
import { useProduct } from '../context.ts'
import { formatCounted, formatDay, formatDuration, formatTime, formatValue, limitText } from '../format.ts'
import { ruleTitle } from '../titles.ts'

export const HISTORY = '/v1/alerts/history?limit=200'
const EVERY_MS = 60_000
const WEEK_MS = 7 * 86_400_000
/** Rows listed below the lanes. */
const LISTED = 50

/** When alerts fired: a lane per rule, then every firing and resolution as a list. */
export function AlertHistoryPanel() {
  const { data, error } = useData<Answer<typeof routes.alerts.history>>(HISTORY, EVERY_MS)
  const { zone } = useProduct()
  const withMember = useWithMember()
  return (
    <Panel title="History">
      <Placeholder data={data} error={error} path={HISTORY} lines={4} />
      {data?.history.length === 0 && <p className="quiet">No alerts have fired yet.</p>}
      {data && data.history.length > 0 && <Lanes history={data.history} />}
      <ol className="timeline">
        {data?.history.slice(0, LISTED).map(entry => (
          <li key={`${entry.fingerprint}${entry.state}${entry.at}`} className={`timeline-${entry.state}`}>
            <time dateTime={entry.at}>{formatTime(entry.at, zone)}</time>
            <Severity level={entry.severity} />
            <p>
              <strong>{withMember(ruleTitle(entry.rule), entry)}</strong> {transitionText(entry)}
              <Figures entry={entry} />
            </p>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

function transitionText({ state, starts_at, ends_at }: HistoryEntry): string {
  if (state === 'firing') return 'started firing'
  const seconds = (Date.parse(ends_at ?? starts_at) - Date.parse(starts_at)) / 1_000
  return seconds >= 1 ? `resolved after ${formatDuration(seconds)}` : 'resolved'
}

function Figures({ entry: { value, threshold, metric, unit } }: { readonly entry: HistoryEntry }) {
  const { metrics } = useProduct()
  if (value === null) return null
  const title = metrics.get(metric ?? '')?.title
  return (
    <span className="quiet">
      {' '}
      · {title && `${title} `}
      {formatValue(value, unit ?? 'number')}
      {limitText(threshold, unit ?? 'number')}
    </span>
  )
}

interface Episode {
  readonly from: number
  readonly to: number | null
}

/** Lanes of the last week, as far as the loaded history reaches. */
function Lanes({ history }: Answer<typeof routes.alerts.history>) {
  const { zone } = useProduct()
  const to = Date.now()
  const from = to - WEEK_MS
  const rules = new Map<string, { severity: string; episodes: Map<string, Episode> }>()
  for (const { rule, severity, fingerprint, starts_at, ends_at } of history) {
    const lane = rules.get(rule) ?? { severity, episodes: new Map<string, Episode>() }
    rules.set(rule, lane)
    const key = fingerprint + starts_at
    // Newest first: a resolution precedes the firing that it ends.
    if (!lane.episodes.has(key)) lane.episodes.set(key, { from: Date.parse(starts_at), to: ends_at === null ? null : Date.parse(ends_at) })
  }
  const lanes = [...rules].flatMap(([rule, { severity, episodes }]) => {
    const seen = [...episodes.values()].filter(one => (one.to ?? to) >= from)
    return seen.length === 0 ? [] : [{ rule, severity, seen }]
  })
  if (lanes.length === 0) return null
  return (
    <div className="lane-board">
      <ul className="lanes">
        {lanes.map(({ rule, severity, seen }) => (
          <li key={rule}>
            <p className="cluster">
              <Severity level={severity} /> <strong>{ruleTitle(rule)}</strong>
              <span className="quiet">fired {formatCounted(seen.length, 'time')} in the last 7 days</span>
            </p>
            <EpisodeLane from={from} to={to} severity={severity} episodes={seen} />
          </li>
        ))}
      </ul>
      <p className="lane-axis quiet" aria-hidden="true">
        <span>{formatDay(from, zone)}</span>
        <span>now</span>
      </p>
    </div>
  )
}
