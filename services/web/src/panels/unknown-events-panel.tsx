import { useState } from 'react'
import { useData } from '../api/store.ts'
import type { Answer, routes, UnknownAnswer } from '../api/types.ts'
import { CopyBlock } from '../components/copy-block.tsx'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { AllClear } from '../components/status.tsx'
import { numbers, Table } from '../components/table.tsx'
import { useProduct } from '../context.ts'
import { Exportable } from '../export/exportable.tsx'
import { formatCount, formatTime, humanize } from '../format.ts'

const PATH = '/v1/plan/unknown'
const SUGGESTION = '/v1/plan/suggestion'
const EVERY_MS = 10_000

/** What arrives that the tracking plan does not allow, and the lines by which it would. */
export function UnknownEventsPanel() {
  const { data, error } = useData<UnknownAnswer>(PATH, EVERY_MS)
  const [suggests, setSuggests] = useState(false)
  return (
    <Panel title="Outside the tracking plan">
      <p className="quiet">Events and properties of the last 30 days that the tracking plan does not allow.</p>
      <Placeholder data={data} error={error} path={PATH} lines={3} />
      {data && data.events.length === 0 && data.others === 0 && <AllClear>None.</AllClear>}
      {data && data.events.length > 0 && <UnknownEvents events={data.events} />}
      {data && data.others > 0 && <p className="quiet">And {formatCount(data.others)} events whose names are not shown.</p>}
      {data && data.events.length > 0 && !suggests && (
        <button type="button" className="button" onClick={() => setSuggests(true)}>
          Suggest lines for the plan
        </button>
      )}
      {suggests && <Suggestion />}
    </Panel>
  )
}

const rowsOf = (events: UnknownAnswer['events']) => [
  ['event', 'property', 'code', 'count', 'keys', 'first_at', 'last_at'],
  ...events.flatMap(({ event, properties, keys, rejected, quarantined, flagged, first_at, last_at }) => {
    // An event that arrives without properties has a row too.
    const whole = { property: null, code: 'unknown_event', count: rejected + quarantined + flagged }
    const parts = properties.length > 0 ? properties : [whole]
    return parts.map(({ property, code, count }) => [event, property, code, count, keys.join(' '), first_at, last_at])
  }),
]

function UnknownEvents({ events }: Pick<UnknownAnswer, 'events'>) {
  const { zone } = useProduct()
  return (
    <Exportable file="outside-the-plan" title="Events outside the tracking plan" rows={() => rowsOf(events)}>
      <Table label="Events outside the tracking plan" columns={['Event', 'Properties', numbers('Events'), 'Keys', 'First and last']}>
        {events.map(({ event, declared, properties, keys, rejected, quarantined, flagged, first_at, last_at }) => (
          <tr key={event}>
            <td>
              <code>{event}</code> {!declared && <span className="quiet">(not in the plan)</span>}
            </td>
            <td>
              {properties.map(({ property, code, count }) => (
                <p key={property}>
                  <code>{property}</code>{' '}
                  <span className="quiet">{`${code === 'unknown_event' ? '' : `${humanize(code)}, `}${formatCount(count)}`}</span>
                </p>
              ))}
            </td>
            <td className="number">{counts({ rejected, quarantined, flagged })}</td>
            <td>{keys.join(', ')}</td>
            <td>
              <p>{formatTime(first_at, zone)}</p>
              {last_at !== first_at && <p className="quiet">to {formatTime(last_at, zone)}</p>}
            </td>
          </tr>
        ))}
      </Table>
    </Exportable>
  )
}

const counts = (by: Readonly<Record<'rejected' | 'quarantined' | 'flagged', number>>): string =>
  Object.entries(by)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${formatCount(count)} ${outcome}`)
    .join(', ')

function Suggestion() {
  const { data, error } = useData<Answer<typeof routes.plan.suggestion>>(SUGGESTION)
  if (!data) return <Placeholder data={data} error={error} path={SUGGESTION} lines={3} />
  return <CopyBlock text={data.yaml} label="Copy the lines" />
}
