import { reload, useData } from '../api/store.ts'
import { Icon } from '../components/icon.tsx'
import { Panel, Skeleton, Trouble } from '../components/panel.tsx'
import { Status } from '../components/status.tsx'
import { useProduct } from '../context.ts'
import { formatCount, formatSpan, humanize } from '../format.ts'

interface Lag {
  readonly groups: Readonly<Record<string, { readonly behind: number; readonly total: number }>>
}

interface Verification {
  readonly ok: boolean
  readonly from: string
  readonly to: string
  readonly accepted: number
  readonly stored: number
  readonly duplicates: number
  readonly rejected: number
  readonly dead_lettered: number
  readonly differences: readonly { readonly what: string; readonly found: Readonly<Record<string, number>> }[]
  readonly notes: readonly string[]
}

interface Ready {
  readonly status: string
  readonly parts: Readonly<Record<string, { readonly healthy: boolean; readonly reason?: string }>>
}

const LAG = '/v1/lag'
const VERIFY = '/v1/verify'
const READY = '/readyz'

export function HealthPage() {
  return (
    <>
      <header className="page-head">
        <div>
          <h1>Ingestion health</h1>
          <p className="lead">Whether every event that came in was counted and stored.</p>
        </div>
      </header>
      <div className="grid">
        <Account />
        <LagPanel />
        <Parts />
      </div>
    </>
  )
}

const ENTRIES = [
  ['accepted', 'Accepted', 'Answered 202: durable in the log'],
  ['stored', 'Stored', 'In the warehouse, each once'],
  ['duplicates', 'Duplicates', 'Ids sent before, counted once'],
  ['rejected', 'Rejected', 'Told to the sender, with the reason'],
  ['dead_lettered', 'Dead letters', 'Accepted, but not storable'],
] as const

function Account() {
  const { data, error } = useData<Verification>(VERIFY)
  const { zone } = useProduct()
  const title = data ? `The account of ${formatSpan(data.from, data.to, zone)}` : 'The account of the last 24 hours'
  return (
    <Panel
      title={title}
      aside={
        <button type="button" className="button button-small" onClick={() => void reload(VERIFY)}>
          <Icon name="refresh" size={14} /> Count again
        </button>
      }
    >
      {error && !data && <Trouble error={error} onRetry={() => void reload(VERIFY)} />}
      {!data && !error && <Skeleton lines={5} />}
      {data && (
        <>
          <p className="verdict">
            {data.ok ? (
              <Status tone="good" word="Everything adds up" />
            ) : (
              <Status
                tone="warn"
                word={`${data.differences.length} ${data.differences.length === 1 ? 'number differs' : 'numbers differ'}`}
              />
            )}
          </p>
          <dl className="tiles">
            {ENTRIES.map(([key, name, meaning]) => (
              <div key={key}>
                <dt>{name}</dt>
                <dd className="value">{formatCount(data[key])}</dd>
                <dd className="quiet">{meaning}</dd>
              </div>
            ))}
          </dl>
          {data.differences.length > 0 && <Differences differences={data.differences} />}
          {data.notes.map(note => (
            <p key={note} className="quiet">
              {humanize(note)}.
            </p>
          ))}
        </>
      )}
    </Panel>
  )
}

function Differences({ differences }: Pick<Verification, 'differences'>) {
  return (
    <ul className="rows">
      {differences.map(({ what, found }) => (
        <li key={what}>
          <Icon name="warning" />
          <p>
            {humanize(what)}:{' '}
            {Object.entries(found)
              .map(([place, count]) => `${place} ${formatCount(count)}`)
              .join(', ')}
          </p>
        </li>
      ))}
    </ul>
  )
}

function LagPanel() {
  const { data, error } = useData<Lag>(LAG, 10_000)
  return (
    <Panel title="How far behind">
      {error && !data && <Trouble error={error} onRetry={() => void reload(LAG)} />}
      {!data && !error && <Skeleton lines={2} />}
      <ul className="rows rows-wide">
        {Object.entries(data?.groups ?? {}).map(([group, { behind, total }]) => (
          <li key={group}>
            <div>
              <p>
                <strong>{humanize(group)}</strong>
              </p>
              <p className="quiet">
                {formatCount(total - behind)} of {formatCount(total)} log records worked off
              </p>
            </div>
            <Status tone={behind === 0 ? 'good' : 'plain'} word={behind === 0 ? 'Up to date' : `${formatCount(behind)} behind`} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function Parts() {
  const { data, error } = useData<Ready>(READY, 10_000)
  return (
    <Panel title="Parts">
      {error && !data && <Trouble error={error} onRetry={() => void reload(READY)} />}
      {!data && !error && <Skeleton lines={6} />}
      <ul className="rows rows-wide">
        {Object.entries(data?.parts ?? {}).map(([part, { healthy, reason }]) => (
          <li key={part}>
            <div>
              <p>
                <strong>{humanize(part)}</strong>
              </p>
              {reason && <p className="quiet">{reason}</p>}
            </div>
            <Status tone={healthy ? 'good' : 'bad'} word={healthy ? 'Healthy' : 'Failing'} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}
