import { reload, useData } from '../api/store.ts'
import { Panel, Skeleton, Trouble } from '../components/panel.tsx'
import { Status } from '../components/status.tsx'
import { useSession } from '../context.ts'
import { humanize } from '../format.ts'
import { AccountPanel } from '../panels/account-panel.tsx'
import { DeadLettersPanel } from '../panels/dead-letters-panel.tsx'
import { IngestionPanels } from '../panels/ingestion-panel.tsx'

interface Ready {
  readonly status: string
  readonly parts: Readonly<Record<string, { readonly healthy: boolean; readonly reason?: string }>>
}

const READY = '/readyz'
const READY_MS = 10_000

export function HealthPage() {
  const { role } = useSession()
  return (
    <>
      <header className="page-head">
        <div>
          <h1>Ingestion health</h1>
          <p className="lead">Whether every event that came in was counted and stored.</p>
        </div>
      </header>
      <div className="grid">
        <IngestionPanels />
        {role === 'admin' && <AccountPanel />}
        {role === 'admin' && <DeadLettersPanel />}
        <Parts />
      </div>
    </>
  )
}

function Parts() {
  const { data, error } = useData<Ready>(READY, READY_MS)
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
