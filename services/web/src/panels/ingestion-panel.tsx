import { useData } from '../api/store.ts'
import type { Ingestion } from '../api/types.ts'
import { RateBars } from '../charts/rate-bars.tsx'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { Row } from '../components/row.tsx'
import { AllClear, Status } from '../components/status.tsx'
import { Tile } from '../components/tile.tsx'
import { useProduct } from '../context.ts'
import { Exportable } from '../export/exportable.tsx'
import { formatCount, formatCounted, formatPercent, formatValue, humanize } from '../format.ts'

const PATH = '/v1/ingestion'
const EVERY_MS = 10_000

const REASONS: Readonly<Record<string, string>> = {
  unknown_event: 'Event not in the tracking plan',
  unknown_property: 'Property not in the tracking plan',
  missing_field: 'Required field missing',
  wrong_type: 'Wrong type',
  not_allowed: 'Value not allowed',
  out_of_range: 'Number out of range',
  too_long: 'Text too long',
  too_large: 'Event too large',
  future_timestamp: 'Timestamp in the future: check the sender’s clock',
  too_old: 'Timestamp too old',
  forbidden_data: 'Looks like personal data',
}

/** Ingestion: throughput, rejections by reason and consumer lag. */
export function IngestionPanels() {
  const { data, error } = useData<Ingestion>(PATH, EVERY_MS)
  const placeholder = (lines: number, tall = false) => <Placeholder data={data} error={error} path={PATH} lines={lines} tall={tall} />
  return (
    <>
      <Panel title="Last hour" className="last-hour">
        {placeholder(4, true)}
        {data && <Throughput ingestion={data} />}
      </Panel>
      <Panel title="Rejections by reason" width="half">
        {placeholder(3)}
        {data && <RejectionReasons rejected={data.rejected} />}
      </Panel>
      <Panel title="Consumer lag" width="half">
        {placeholder(3)}
        {data && <Lag groups={data.groups} />}
      </Panel>
    </>
  )
}

function Throughput({ ingestion }: { readonly ingestion: Ingestion }) {
  const { zone } = useProduct()
  const { minutes, per_second, dead_letters } = ingestion
  const sum = (entry: 'accepted' | 'rejected' | 'duplicates') => minutes.reduce((total, minute) => total + minute[entry], 0)
  const [accepted, rejected] = [sum('accepted'), sum('rejected')]
  const all = accepted + rejected
  return (
    <>
      <dl className="tiles">
        <Tile name="Events per second" value={formatValue(per_second, 'number')} meaning="Last full minute" />
        <Tile name="Accepted" value={formatCount(accepted)} meaning={`including ${formatCounted(sum('duplicates'), 'duplicate')}`} />
        <Tile
          name="Rejected"
          value={formatCount(rejected)}
          meaning={all === 0 ? 'No events received' : `${formatPercent(rejected / all)} of events`}
        />
        <Tile
          name="Dead letters"
          value={formatCount(dead_letters.last_day)}
          meaning={`Last 24 hours, ${formatCount(dead_letters.total)} in total · ${formatCount(dead_letters.quarantined)} quarantined`}
        />
      </dl>
      {all === 0 ? (
        <p className="quiet">
          No events in the last hour. If you expected some, check that the application is running, uses a valid write key and reaches{' '}
          <code>POST /v1/events</code>.
        </p>
      ) : (
        <Exportable file="ingestion" title="Events per minute" rows={() => rowsOf(minutes)}>
          <RateBars minutes={minutes} zone={zone} />
        </Exportable>
      )}
    </>
  )
}

const rowsOf = (minutes: Ingestion['minutes']) => [
  ['at', 'accepted', 'rejected', 'duplicates'],
  ...minutes.map(({ at, accepted, rejected, duplicates }) => [at, accepted, rejected, duplicates]),
]

function RejectionReasons({ rejected }: Pick<Ingestion, 'rejected'>) {
  const reasons = Object.entries(rejected)
  const all = reasons.reduce((sum, [, count]) => sum + count, 0)
  if (all === 0) return <AllClear>No rejected events.</AllClear>
  return (
    <>
      <ul className="rows">
        {reasons.map(([code, count]) => (
          <li key={code}>
            <div>
              <p>{REASONS[code] ?? humanize(code)}</p>
              <p className="quiet">
                <code>{code}</code>
              </p>
            </div>
            <p className="reason-count">
              <strong>{formatCount(count)}</strong> <span className="quiet">{formatPercent(count / all)}</span>
            </p>
          </li>
        ))}
      </ul>
      <p className="quiet">Senders get the code and field of every rejected event in the answer.</p>
    </>
  )
}

function Lag({ groups }: Pick<Ingestion, 'groups'>) {
  return (
    <ul className="rows">
      {Object.entries(groups).map(([group, { behind, total }]) => (
        <Row
          key={group}
          name={humanize(group)}
          aside={
            <Status
              tone={behind === 0 ? 'good' : 'plain'}
              word={behind === 0 ? 'Up to date' : `${formatCounted(behind, 'record')} behind`}
            />
          }
        >
          <p className="quiet">
            {formatCount(total - behind)} of {formatCount(total)} log records processed
          </p>
        </Row>
      ))}
    </ul>
  )
}
