import { useState } from 'react'
import { RULES } from '../alert/member.ts'
import { api } from '../api/client.ts'
import { reload, useAll, useData } from '../api/store.ts'
import type { Answer, routes, Silence } from '../api/types.ts'
import { AlertCard } from '../components/alert-card.tsx'
import { Icon } from '../components/icon.tsx'
import { PageHead } from '../components/page-head.tsx'
import { ErrorMessage, Panel, Skeleton } from '../components/panel.tsx'
import { SILENCES, SilenceDialog } from '../components/silence-dialog.tsx'
import { AllClear } from '../components/status.tsx'
import { useMutation } from '../components/use-mutation.ts'
import { useMay, useProduct } from '../context.ts'
import { ALERTS_MS, ALERTS_PATH, type Alerts } from '../firing.ts'
import { formatTime } from '../format.ts'
import { AlertHistoryPanel, HISTORY } from '../panels/alert-history-panel.tsx'
import { RECEIVERS, ReceiversPanel } from '../panels/receivers-panel.tsx'
import { Link } from '../router.tsx'

const REFRESH_MS = 60_000
/** Read again after a change. */
const PATHS = [ALERTS_PATH, SILENCES, HISTORY]

/** All alerts, with silences, receivers and history. */
export function AlertsPage() {
  const { data, error } = useData<Alerts>(ALERTS_PATH, ALERTS_MS)
  const mayRespond = useMay('responder')
  const [silencing, setSilencing] = useState(false)
  const active = data?.alerts.filter(({ state }) => state !== 'resolved')
  // Shown together: a panel that loads later would move the panels below it.
  const answers = useAll([ALERTS_PATH, SILENCES, HISTORY, RECEIVERS, RULES], REFRESH_MS)
  const loaded = answers.every(({ data: answer, error: failure }) => answer !== undefined || failure !== undefined)
  return (
    <>
      <PageHead title="Alerts">
        <div className="cluster">
          {mayRespond && (
            <button type="button" className="button" onClick={() => setSilencing(true)}>
              <Icon name="mute" size={14} /> New silence
            </button>
          )}
          <Link className="button" href="/rules">
            Alert rules
          </Link>
        </div>
      </PageHead>
      {!loaded && <Skeleton tall lines={8} />}
      {loaded && (
        <div className="grid">
          <Panel title="Active alerts">
            {error && !data && <ErrorMessage error={error} onRetry={() => void reload(ALERTS_PATH)} />}
            {active?.length === 0 && <AllClear>No alerts firing.</AllClear>}
            <ul className="alert-cards">
              {active?.map(alert => (
                <AlertCard key={alert.fingerprint} alert={alert} paths={PATHS} />
              ))}
            </ul>
          </Panel>
          <Silences />
          <ReceiversPanel />
          <AlertHistoryPanel />
        </div>
      )}
      {silencing && <SilenceDialog matchers="" paths={PATHS} onClose={() => setSilencing(false)} />}
    </>
  )
}

function Silences() {
  const { problem, mutate } = useMutation(PATHS)
  const { data } = useData<Answer<typeof routes.silences.list>>(SILENCES, REFRESH_MS)
  const { zone } = useProduct()
  const mayRespond = useMay('responder')
  const open = data?.silences.filter(({ status }) => status.state !== 'expired') ?? []
  if (open.length === 0) return null
  return (
    <Panel title="Silences">
      {problem && <ErrorMessage error={problem} />}
      <ul className="rows">
        {open.map(({ id, matchers, endsAt, createdBy, comment }) => (
          <li key={id}>
            <Icon name="mute" />
            <div>
              <p>
                <code>{matchers.map(matcherText).join(', ')}</code>
              </p>
              <p className="quiet">
                Until {formatTime(endsAt, zone)} · by {createdBy}
                {comment && ` · ${comment}`}
              </p>
            </div>
            {mayRespond && (
              <button
                type="button"
                className="button button-small"
                onClick={() => void mutate(api(`${SILENCES}/${id}`, { method: 'DELETE' }))}
              >
                Expire
              </button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

const matcherText = ({ name, value, isRegex, isEqual }: Silence['matchers'][number]): string =>
  `${name}${isEqual ? '=' : '!'}${isRegex ? '~' : isEqual ? '' : '='}${JSON.stringify(value)}`
