import { reload, useData } from '../api/store.ts'
import type { Readiness } from '../api/types.ts'
import { ErrorMessage, Panel, Skeleton } from '../components/panel.tsx'
import { Status } from '../components/status.tsx'
import { useMay } from '../context.ts'
import { humanize } from '../format.ts'
import { DeadLettersPanel } from '../panels/dead-letters-panel.tsx'
import { IncidentsPanel } from '../panels/incidents-panel.tsx'
import { IngestionPanels } from '../panels/ingestion-panel.tsx'
import { JobsPanel } from '../panels/jobs-panel.tsx'
import { ReconciliationPanel } from '../panels/reconciliation-panel.tsx'
import { UnknownEventsPanel } from '../panels/unknown-events-panel.tsx'
import { useTitle } from '../use-title.ts'

const READY = '/readyz'
const READY_MS = 10_000

export function HealthPage() {
  useTitle('Ingestion health')
  const isAdmin = useMay('admin')
  return (
    <>
      <header className="page-head">
        <div>
          <h1>Ingestion health</h1>
          <p className="lead">Throughput, rejections, consumer lag and reconciliation.</p>
        </div>
      </header>
      <div className="grid">
        <IncidentsPanel />
        <IngestionPanels />
        {isAdmin && <ReconciliationPanel />}
        {isAdmin && <UnknownEventsPanel />}
        {isAdmin && <DeadLettersPanel />}
        <JobsPanel />
        <Components />
      </div>
    </>
  )
}

function Components() {
  const { data, error } = useData<Readiness>(READY, READY_MS)
  return (
    <Panel title="Components">
      {error && !data && <ErrorMessage error={error} onRetry={() => void reload(READY)} />}
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
