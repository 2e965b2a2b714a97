import { useEffect, useRef } from 'react'
import { reload, useData } from '../api/store.ts'
import type { HistoryEntry } from '../api/types.ts'
import { Icon } from '../components/icon.tsx'
import { ErrorMessage, Panel, Skeleton } from '../components/panel.tsx'
import { Severity, Status } from '../components/status.tsx'
import { useProduct } from '../context.ts'
import { formatDuration, formatTime, formatValue, humanize } from '../format.ts'
import { Link } from '../router.tsx'

/** A linked alert that no longer fires: its firings from the history. */
export function PastAlertPanel({ fingerprint }: { readonly fingerprint: string }) {
  const path = `/v1/alerts/history?limit=20&fingerprint=${encodeURIComponent(fingerprint)}`
  const { data, error } = useData<{ readonly history: readonly HistoryEntry[] }>(path)
  const element = useRef<HTMLDivElement>(null)
  const loaded = data !== undefined
  useEffect(() => {
    if (loaded) element.current?.focus()
  }, [loaded])
  const [latest] = data?.history ?? []
  return (
    <Panel title="Linked alert">
      {error && !data && <ErrorMessage error={error} onRetry={() => void reload(path)} />}
      {!data && !error && <Skeleton lines={3} />}
      {data && (
        <div ref={element} tabIndex={-1} className="alert-card alert-card-selected">
          {latest ? <PastAlert latest={latest} history={data.history} /> : <UnknownAlert fingerprint={fingerprint} />}
        </div>
      )}
    </Panel>
  )
}

interface PastAlertProps {
  readonly latest: HistoryEntry
  readonly history: readonly HistoryEntry[]
}

function PastAlert({ latest, history }: PastAlertProps) {
  const { zone } = useProduct()
  const unit = latest.unit ?? 'number'
  const lengths = new Map(
    history.flatMap(({ starts_at, ends_at }) =>
      ends_at === null ? [] : [[starts_at, (Date.parse(ends_at) - Date.parse(starts_at)) / 1_000] as const],
    ),
  )
  return (
    <>
      <div className="alert-card-head">
        <Severity level={latest.severity} />
        <h3>{humanize(latest.rule)}</h3>
        <Status
          tone={latest.state === 'resolved' ? 'good' : 'plain'}
          word={latest.state === 'resolved' ? 'Resolved' : 'No longer firing'}
        />
      </div>
      <ul className="episodes">
        {history
          .filter(({ state }) => state === 'firing')
          .map(({ starts_at, value, threshold }) => (
            <li key={starts_at}>
              Fired {formatTime(starts_at, zone)}
              {lengths.has(starts_at) && ` for ${formatDuration(lengths.get(starts_at) ?? 0)}`}
              {value !== null && ` · ${formatValue(value, unit)}`}
              {threshold !== null && `, limit ${formatValue(threshold, unit)}`}
            </li>
          ))}
      </ul>
      <p className="quiet">
        <Link href={`/rules#${latest.rule}`}>
          <code>{latest.rule}</code>
        </Link>
        {latest.metric && (
          <>
            {' '}
            · <Link href={`/metrics/${latest.metric}`}>View metric</Link>
          </>
        )}
      </p>
    </>
  )
}

function UnknownAlert({ fingerprint }: { readonly fingerprint: string }) {
  return (
    <p>
      <Icon name="warning" size={14} /> No alert with the fingerprint <code>{fingerprint}</code> was found. It may be older than the
      history, or its rule was removed.
    </p>
  )
}
