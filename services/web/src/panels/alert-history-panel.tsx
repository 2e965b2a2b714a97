import { reload, useData } from '../api/store.ts'
import type { HistoryEntry } from '../api/types.ts'
import { Lane } from '../charts/lane.tsx'
import { Panel, Skeleton, Trouble } from '../components/panel.tsx'
import { Severity } from '../components/status.tsx'
import { useProduct } from '../context.ts'
import { formatCount, formatDay, formatLength, formatTime, formatValue, humanize } from '../format.ts'

export const HISTORY = '/v1/alerts/history?limit=200'
const EVERY_MS = 60_000
const WEEK_MS = 7 * 86_400_000
/** As many rows are written out; the lines above tell of all. */
const LISTED = 50

/** When alerts fired: a line of time for each rule, and each beginning and end in words. */
export function AlertHistoryPanel() {
  const { data, error } = useData<{ readonly history: readonly HistoryEntry[] }>(HISTORY, EVERY_MS)
  const { zone } = useProduct()
  return (
    <Panel title="History">
      {error && !data && <Trouble error={error} onRetry={() => void reload(HISTORY)} />}
      {!data && !error && <Skeleton lines={4} />}
      {data?.history.length === 0 && (
        <p className="quiet">No alert has fired yet. Firings and resolutions are listed here, the newest first.</p>
      )}
      {data && data.history.length > 0 && <Lanes history={data.history} />}
      <ol className="timeline">
        {data?.history.slice(0, LISTED).map(entry => (
          <li key={`${entry.fingerprint}${entry.state}${entry.at}`} className={`timeline-${entry.state}`}>
            <time dateTime={entry.at}>{formatTime(entry.at, zone)}</time>
            <Severity level={entry.severity} />
            <p>
              <strong>{humanize(entry.rule)}</strong> {said(entry)}
              <Figures entry={entry} />
            </p>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

function said({ state, starts_at, ends_at }: HistoryEntry): string {
  if (state === 'firing') return 'began to fire'
  const seconds = (Date.parse(ends_at ?? starts_at) - Date.parse(starts_at)) / 1_000
  return seconds >= 1 ? `was resolved after ${formatLength(seconds)}` : 'was resolved'
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
      {threshold !== null && `, limit ${formatValue(threshold, unit ?? 'number')}`}
    </span>
  )
}

interface Episode {
  readonly from: number
  readonly to: number | null
}

/** The last week, or since the oldest row where the rows do not reach so far back. */
function Lanes({ history }: { readonly history: readonly HistoryEntry[] }) {
  const { zone } = useProduct()
  const to = Date.now()
  const from = to - WEEK_MS
  const rules = new Map<string, { severity: string; episodes: Map<string, Episode> }>()
  for (const { rule, severity, fingerprint, starts_at, ends_at } of history) {
    const lane = rules.get(rule) ?? { severity, episodes: new Map<string, Episode>() }
    rules.set(rule, lane)
    const key = fingerprint + starts_at
    // The newest comes first: a resolution before the firing that it ends.
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
            <p className="lane-head">
              <Severity level={severity} /> <strong>{humanize(rule)}</strong>
              <span className="quiet">
                fired {formatCount(seen.length)} {seen.length === 1 ? 'time' : 'times'} in the last 7 days
              </span>
            </p>
            <Lane from={from} to={to} severity={severity} episodes={seen} />
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
