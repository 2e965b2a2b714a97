import { api } from '../api/client.ts'
import { useData } from '../api/store.ts'
import type { Answer, routes } from '../api/types.ts'
import { ErrorMessage, Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { Row } from '../components/row.tsx'
import { useMutation } from '../components/use-mutation.ts'
import { useProduct } from '../context.ts'
import { formatAgo, formatTime } from '../format.ts'
import { ROLE_NAMES } from '../role-names.ts'

export const SESSIONS = '/v1/sessions'
const EVERY_MS = 60_000

/** Active sessions, each with a button that ends it: the user's own, or all for administrators. */
export function SessionsPanel() {
  const { data, error } = useData<Answer<typeof routes.sessions.list>>(SESSIONS, EVERY_MS)
  const { problem, mutate } = useMutation([SESSIONS])
  const { zone } = useProduct()
  const sessions = data?.sessions.toSorted((a, b) => Number(b.current) - Number(a.current) || b.created_at.localeCompare(a.created_at))
  return (
    <Panel title="Sessions">
      <Placeholder data={data} error={error} path={SESSIONS} lines={3} />
      {data?.sessions.length === 0 && <p className="quiet">No sessions: only tokens and keys are in use.</p>}
      {problem && <ErrorMessage error={problem} />}
      <ul className="rows rows-wide">
        {sessions?.map(({ id, name, subject, role, created_at, last_used_at, expires_at, current }) => (
          <Row
            key={id}
            name={name}
            note={current && 'this session'}
            aside={
              !current && (
                <button
                  type="button"
                  className="button button-small"
                  onClick={() => void mutate(api(`${SESSIONS}/${encodeURIComponent(id)}`, { method: 'DELETE' }))}
                  aria-label={`End the session of ${name}, signed in ${formatTime(created_at, zone)}`}
                >
                  End
                </button>
              )
            }
          >
            <p className="quiet">
              {role === null ? 'No role' : ROLE_NAMES[role]} · {subject} · signed in {formatTime(created_at, zone)} · used{' '}
              {formatAgo(last_used_at, Date.now())} · expires {formatTime(expires_at, zone)}
            </p>
          </Row>
        ))}
      </ul>
    </Panel>
  )
}
