import { useData } from '../api/store.ts'
import type { Alert, Answer, routes } from '../api/types.ts'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { useProduct } from '../context.ts'
import { formatDuration, formatTime, formatValue, limitText } from '../format.ts'

const EVERY_MS = 60_000

/** Earlier and current firings of the alert, newest first. */
export function AlertPastPanel({ alert }: { readonly alert: Alert }) {
  const { zone } = useProduct()
  const path = `/v1/alerts/history?limit=100&fingerprint=${alert.fingerprint}`
  const { data, error } = useData<Answer<typeof routes.alerts.history>>(path, EVERY_MS)
  const unit = alert.unit ?? 'number'
  const ends = new Map(data?.history.flatMap(({ starts_at, ends_at }) => (ends_at === null ? [] : [[starts_at, ends_at] as const])))
  const firings = data?.history.filter(({ state }) => state === 'firing') ?? []
  return (
    <Panel title="History of this alert">
      <Placeholder data={data} error={error} path={path} lines={2} />
      {data && firings.length === 0 && <p className="quiet">It has not fired before.</p>}
      <ul className="episodes">
        {firings.map(({ starts_at, value, threshold }) => {
          const end = ends.get(starts_at) ?? (starts_at === alert.starts_at ? alert.ends_at : null)
          return (
            <li key={starts_at}>
              Fired {formatTime(starts_at, zone)}
              {end ? ` for ${formatDuration((Date.parse(end) - Date.parse(starts_at)) / 1_000)}` : ', still firing'}
              {value !== null && ` · ${formatValue(value, unit)}`}
              {limitText(threshold, unit)}
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}
