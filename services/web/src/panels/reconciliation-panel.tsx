import { reload, useData } from '../api/store.ts'
import type { Verification } from '../api/types.ts'
import { Icon } from '../components/icon.tsx'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { Status } from '../components/status.tsx'
import { Tile } from '../components/tile.tsx'
import { useProduct } from '../context.ts'
import { formatCount, formatCounted, formatSpan, humanize } from '../format.ts'

const VERIFY = '/v1/verify'

const ENTRIES = [
  ['accepted', 'Accepted', 'Answered with 202 and durable in the log'],
  ['stored', 'Stored', 'In the warehouse'],
  ['duplicates', 'Duplicates', 'Repeated ids, counted once'],
  ['rejected', 'Rejected', 'Refused with a reason in the answer'],
  ['dead_lettered', 'Dead letters', 'Accepted but not storable'],
] as const

/** Compares accepted events with those that each consumer group stored. */
export function ReconciliationPanel() {
  const { data, error } = useData<Verification>(VERIFY)
  const { zone } = useProduct()
  const title = data ? `Event reconciliation, ${formatSpan(data.from, data.to, zone)}` : 'Event reconciliation, last 24 hours'
  return (
    <Panel
      title={title}
      aside={
        <button type="button" className="button button-small" onClick={() => void reload(VERIFY)}>
          <Icon name="refresh" size={14} /> Run again
        </button>
      }
    >
      <Placeholder data={data} error={error} path={VERIFY} lines={5} />
      {data && (
        <>
          <p className="verdict">
            {data.ok ? (
              <Status tone="good" word="No differences" />
            ) : (
              <Status tone="warn" word={formatCounted(data.differences.length, 'difference')} />
            )}
          </p>
          <dl className="tiles">
            {ENTRIES.map(([key, name, meaning]) => (
              <Tile key={key} name={name} value={formatCount(data[key])} meaning={meaning} />
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

/** A count, or a metric's value: possibly a fraction or null. */
function formatFound(number: number | null): string {
  if (number === null) return 'no value'
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
        Events that a consumer has yet to process differ until it is up to date: run it again then. If the counters stay different, rebuild
        them with <code>northstar rebuild</code>.
      </p>
    </>
  )
}
