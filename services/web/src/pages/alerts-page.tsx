import { useState } from 'react'
import { ApiError, api } from '../api/client.ts'
import { reload, useAll, useData } from '../api/store.ts'
import type { Alert, Silence } from '../api/types.ts'
import { AlertCard } from '../components/alert-card.tsx'
import { Icon } from '../components/icon.tsx'
import { ErrorMessage, Panel, Skeleton } from '../components/panel.tsx'
import { SilenceDialog } from '../components/silence-dialog.tsx'
import { useMay, useProduct, useSession } from '../context.ts'
import { ALERTS_MS, ALERTS_PATH, type Alerts } from '../firing.ts'
import { formatTime } from '../format.ts'
import { AlertHistoryPanel, HISTORY } from '../panels/alert-history-panel.tsx'
import { PastAlertPanel } from '../panels/past-alert-panel.tsx'
import { RECEIVERS, ReceiversPanel } from '../panels/receivers-panel.tsx'
import { Link, useParameter } from '../router.tsx'
import { useTitle } from '../use-title.ts'

const SILENCES = '/v1/silences'
const REFRESH_MS = 60_000

export function AlertsPage() {
  useTitle('Alerts')
  const { data, error } = useData<Alerts>(ALERTS_PATH, ALERTS_MS)
  const { name } = useSession()
  const [linked] = useParameter('alert')
  const [silencing, setSilencing] = useState<Alert>()
  const [problem, setProblem] = useState<ApiError>()
  const mutate = (request: Promise<unknown>) => {
    setProblem(undefined)
    request
      .catch((reason: unknown) => setProblem(reason instanceof ApiError ? reason : new ApiError(0, String(reason))))
      .finally(() => {
        for (const path of [ALERTS_PATH, SILENCES, HISTORY]) void reload(path)
      })
  }
  const active = data?.alerts.filter(({ state }) => state !== 'resolved')
  // Shown together: a panel that loads later would move the panels below it.
  const answers = useAll([ALERTS_PATH, SILENCES, HISTORY, RECEIVERS], REFRESH_MS)
  const loaded = answers.every(({ data: answer, error: failure }) => answer !== undefined || failure !== undefined)
  return (
    <>
      <header className="page-head">
        <h1>Alerts</h1>
        <Link className="button" href="/rules">
          Alert rules
        </Link>
      </header>
      {problem && <ErrorMessage error={problem} />}
      {!loaded && <Skeleton tall lines={8} />}
      {loaded && (
        <div className="grid">
          {linked !== null && active && !active.some(({ fingerprint }) => fingerprint === linked) && (
            <PastAlertPanel key={linked} fingerprint={linked} />
          )}
          <Panel title="Active alerts">
            {error && !data && <ErrorMessage error={error} onRetry={() => void reload(ALERTS_PATH)} />}
            {active?.length === 0 && (
              <p className="all-clear">
                <Icon name="check" /> No alerts firing.
              </p>
            )}
            <ul className="alert-cards">
              {active?.map(alert => (
                <AlertCard
                  key={alert.fingerprint}
                  alert={alert}
                  selected={alert.fingerprint === linked}
                  onAcknowledge={() =>
                    mutate(api(`/v1/alerts/${alert.fingerprint}/ack`, { method: 'POST', body: { by: name || 'admin' } }))
                  }
                  onSilence={() => setSilencing(alert)}
                />
              ))}
            </ul>
          </Panel>
          <Silences onEnd={id => mutate(api(`${SILENCES}/${id}`, { method: 'DELETE' }))} />
          <ReceiversPanel />
          <AlertHistoryPanel />
        </div>
      )}
      {silencing && (
        <SilenceDialog
          alert={silencing}
          onClose={() => setSilencing(undefined)}
          onSilence={(duration, comment) => {
            const matchers = Object.entries(silencing.labels)
              .filter(([label]) => label !== 'severity')
              .map(([label, value]) => ({ name: label, value }))
            mutate(api(SILENCES, { method: 'POST', body: { matchers, duration, comment, createdBy: name || 'admin' } }))
            setSilencing(undefined)
          }}
        />
      )}
    </>
  )
}

function Silences({ onEnd }: { readonly onEnd: (id: string) => void }) {
  const { data } = useData<{ readonly silences: readonly Silence[] }>(SILENCES, 60_000)
  const { zone } = useProduct()
  const mayRespond = useMay('responder')
  const open = data?.silences.filter(({ status }) => status.state !== 'expired') ?? []
  if (open.length === 0) return null
  return (
    <Panel title="Silences">
      <ul className="rows">
        {open.map(({ id, matchers, endsAt, createdBy, comment }) => (
          <li key={id}>
            <Icon name="mute" />
            <div>
              <p>{matchers.map(one => `${one.name}${one.isEqual ? '=' : '≠'}${one.value}`).join(', ')}</p>
              <p className="quiet">
                Until {formatTime(endsAt, zone)} · by {createdBy}
                {comment && ` · ${comment}`}
              </p>
            </div>
            {mayRespond && (
              <button type="button" className="button button-small" onClick={() => onEnd(id)}>
                Expire
              </button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  )
}
