import { useData } from '../api/store.ts'
import type { Readiness } from '../api/types.ts'
import { PageHead } from '../components/page-head.tsx'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { Row } from '../components/row.tsx'
import { Status } from '../components/status.tsx'
import { useMay } from '../context.ts'
import { humanize } from '../format.ts'
import { DeadLettersPanel } from '../panels/dead-letters-panel.tsx'
import { IncidentsPanel } from '../panels/incidents-panel.tsx'
import { IngestionPanels } from '../panels/ingestion-panel.tsx'
import { JobsPanel } from '../panels/jobs-panel.tsx'
import { ReconciliationPanel } from '../panels/reconciliation-panel.tsx'
import { UnknownEventsPanel } from '../panels/unknown-events-panel.tsx'

const READY = '/readyz'
const READY_MS = 10_000

export function HealthPage() {
  const isAdmin = useMay('admin')
  return (
    <>
      <PageHead title="Ingestion health" lead="Throughput, rejections, consumer lag and reconciliation." />
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
  // While a part fails the answer has the status 503.
  const readiness = (error?.answer as Readiness | undefined)?.parts ? (error?.answer as Readiness) : data
  const parts = Object.entries(readiness?.parts ?? {}).toSorted(([, a], [, b]) => Number(a.healthy) - Number(b.healthy))
  return (
    <Panel title="Components">
      <Placeholder data={readiness} error={error} path={READY} lines={6} />
      <ul className="rows rows-wide">
        {parts.map(([part, { healthy, reason }]) => (
          <Row key={part} name={humanize(part)} aside={<Status tone={healthy ? 'good' : 'bad'} word={healthy ? 'Healthy' : 'Failing'} />}>
            {reason && <p className="quiet">{reason}</p>}
          </Row>
        ))}
      </ul>
    </Panel>
  )
}
