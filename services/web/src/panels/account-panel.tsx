import type { Verification } from '@northstar/api'
import { reload, useData } from '../api/store.ts'
import { Icon } from '../components/icon.tsx'
import { Panel, Skeleton, Trouble } from '../components/panel.tsx'
import { Status } from '../components/status.tsx'
import { useProduct } from '../context.ts'
import { formatCount, formatSpan, humanize } from '../format.ts'

const VERIFY = '/v1/verify'

const ENTRIES = [
  ['accepted', 'Accepted', 'Answered 202: durable in the log'],
  ['stored', 'Stored', 'In the warehouse, each once'],
  ['duplicates', 'Duplicates', 'Ids sent before, counted once'],
  ['rejected', 'Rejected', 'Told to the sender, with the reason'],
  ['dead_lettered', 'Dead letters', 'Accepted, but not storable'],
] as const

/** What the log took beside what each group made of it. The log is read for it, so it is for full access. */
export function AccountPanel() {
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

/** A count, or the value of a metric, which may be a fraction or missing. */
function formatFound(number: number | null): string {
  if (number === null) return 'nothing'
  return Number.isInteger(number) ? formatCount(number) : String(Number(number.toPrecision(5)))
}

function Differences({ differences }: Pick<Verification, 'differences'>) {
  return (
    <>
      <ul className="rows">
        {differences.map(({ what, found }) => (
          <li key={what}>
            <Icon name="warning" />
            <p>
              {humanize(what)}:{' '}
              {Object.entries(found)
                .map(([place, number]) => `${place} ${formatFound(number)}`)
                .join(', ')}
            </p>
          </li>
        ))}
      </ul>
      <p className="quiet">
        What is on its way may differ for a moment: count again. If the counters differ for good, <code>northstar rebuild</code> counts them
        anew.
      </p>
    </>
  )
}
