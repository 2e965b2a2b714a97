import { reload, useData } from '../api/store.ts'
import { RateBars, type RateMinute } from '../charts/rate-bars.tsx'
import { Icon } from '../components/icon.tsx'
import { Panel, Skeleton, Trouble } from '../components/panel.tsx'
import { Status } from '../components/status.tsx'
import { useProduct } from '../context.ts'
import { formatCount, formatPercent, formatValue, humanize } from '../format.ts'

/** `GET /v1/ingestion`. */
interface Ingestion {
  readonly per_second: number
  readonly minutes: readonly (RateMinute & { readonly duplicates: number; readonly dead_lettered: number })[]
  /** Events by the code of their refusal, the most frequent first. */
  readonly rejected: Readonly<Record<string, number>>
  readonly groups: Readonly<Record<string, { readonly behind: number; readonly total: number }>>
  readonly dead_letters: { readonly last_day: number; readonly total: number }
}

const PATH = '/v1/ingestion'
const EVERY_MS = 10_000

const REASONS: Readonly<Record<string, string>> = {
  unknown_event: 'The tracking plan has no such event',
  unknown_property: 'The event has no such property',
  missing_field: 'A field that must be there is not',
  wrong_type: 'A field is of another type',
  not_allowed: 'A value is not among those allowed',
  out_of_range: 'A number is too small or too large',
  too_long: 'A text is too long',
  too_large: 'The event is too large',
  future_timestamp: 'Its time lies in the future: the sender’s clock is wrong',
  too_old: 'Its time lies too far back',
  forbidden_data: 'It looks like something personal',
}

/** How events come in: rate, refusals by reason, and how far behind what follows is. */
export function IngestionPanels() {
  const { data, error } = useData<Ingestion>(PATH, EVERY_MS)
  const trouble = error && !data && <Trouble error={error} onRetry={() => void reload(PATH)} />
  return (
    <>
      <Panel title="The last hour" className="last-hour">
        {trouble}
        {!data && !error && <Skeleton tall lines={4} />}
        {data && <Flow ingestion={data} />}
      </Panel>
      <Panel title="Refused, by reason" width="half">
        {trouble}
        {!data && !error && <Skeleton lines={3} />}
        {data && <Reasons rejected={data.rejected} />}
      </Panel>
      <Panel title="How far behind" width="half">
        {trouble}
        {!data && !error && <Skeleton lines={3} />}
        {data && <Lag groups={data.groups} />}
      </Panel>
    </>
  )
}

function Flow({ ingestion }: { readonly ingestion: Ingestion }) {
  const { zone } = useProduct()
  const { minutes, per_second, dead_letters } = ingestion
  const sum = (entry: 'accepted' | 'rejected' | 'duplicates') => minutes.reduce((total, minute) => total + minute[entry], 0)
  const [accepted, rejected] = [sum('accepted'), sum('rejected')]
  const all = accepted + rejected
  return (
    <>
      <dl className="tiles">
        <Tile name="Events a second" value={formatValue(per_second, 'number')} meaning="In the last whole minute" />
        <Tile name="Accepted" value={formatCount(accepted)} meaning={`${formatCount(sum('duplicates'))} of them repeats, counted once`} />
        <Tile
          name="Refused"
          value={formatCount(rejected)}
          meaning={all === 0 ? 'Of none' : `${formatPercent(rejected / all)} of all that came`}
        />
        <Tile
          name="Dead letters"
          value={formatCount(dead_letters.last_day)}
          meaning={`In 24 hours; ${formatCount(dead_letters.total)} are kept`}
        />
      </dl>
      {all === 0 ? (
        <p className="quiet">
          Nothing came in the last hour. If that is a surprise: does the application run, has it a valid key, and does it reach{' '}
          <code>POST /v1/events</code>?
        </p>
      ) : (
        <RateBars minutes={minutes} zone={zone} />
      )}
    </>
  )
}

function Tile({ name, value, meaning }: { readonly name: string; readonly value: string; readonly meaning: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="value">{value}</dd>
      <dd className="quiet">{meaning}</dd>
    </div>
  )
}

function Reasons({ rejected }: Pick<Ingestion, 'rejected'>) {
  const reasons = Object.entries(rejected)
  const all = reasons.reduce((sum, [, count]) => sum + count, 0)
  if (all === 0)
    return (
      <p className="calm">
        <Icon name="check" /> Nothing was refused.
      </p>
    )
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
      <p className="quiet">Each sender was told the code and the field of each event in the answer.</p>
    </>
  )
}

function Lag({ groups }: Pick<Ingestion, 'groups'>) {
  return (
    <ul className="rows">
      {Object.entries(groups).map(([group, { behind, total }]) => (
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
  )
}
