import { api } from '../api/client.ts'
import { useData } from '../api/store.ts'
import type { Answer, routes } from '../api/types.ts'
import { ErrorMessage, Panel } from '../components/panel.tsx'
import { Row } from '../components/row.tsx'
import { useMutation } from '../components/use-mutation.ts'
import { useMay, useProduct } from '../context.ts'
import { formatTime, humanize } from '../format.ts'

const INCIDENTS = '/v1/incidents'
const EVERY_MS = 60_000

/** Unacknowledged losses of the event log; empty without any. */
export function IncidentsPanel() {
  const { data } = useData<Answer<typeof routes.operations.incidents>>(INCIDENTS, EVERY_MS)
  const { zone } = useProduct()
  const mayAdmin = useMay('admin')
  const { problem, mutate } = useMutation([INCIDENTS])
  const open = data?.incidents.filter(({ acknowledgedAt }) => acknowledgedAt === null) ?? []
  if (open.length === 0) return null
  return (
    <Panel
      title="Incidents"
      aside={
        mayAdmin && (
          <button
            type="button"
            className="button button-small"
            onClick={() => void mutate(api(`${INCIDENTS}/acknowledge`, { method: 'POST' }))}
          >
            Acknowledge all
          </button>
        )
      }
    >
      {problem && <ErrorMessage error={problem} />}
      <ul className="rows rows-wide">
        {open.map(({ id, group, kind, at, detail }) => (
          <Row key={id} name={humanize(kind)} note={`in ${group}`}>
            <p className="quiet">
              {formatTime(at, zone)} · {detail}
            </p>
          </Row>
        ))}
      </ul>
    </Panel>
  )
}
