import { useHasLiveData } from '../api/live.ts'
import { useData } from '../api/store.ts'
import type { DashboardAnswer, DashboardPanel } from '../api/types.ts'
import { CopyBlock } from '../components/copy-block.tsx'
import { PageHead } from '../components/page-head.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { WeekPicker } from '../components/week-picker.tsx'
import { useProduct } from '../context.ts'
import { useWeeks } from '../figure.ts'
import { SNIPPETS } from '../instrument/snippets.ts'
import { AlertsPanel } from '../panels/alerts-panel.tsx'
import { FiguresPanel } from '../panels/figures-panel.tsx'
import { NorthStarPanel } from '../panels/north-star-panel.tsx'
import { ValuePanel } from '../panels/value-panel.tsx'
import { useWeekChoice, type WeekChoice } from '../week.ts'

const PATH = '/v1/dashboard'

export function OverviewPage() {
  const { data, error } = useData<DashboardAnswer>(PATH)
  if (data) return <Overview dashboard={data} />
  return <Placeholder data={data} error={error} path={PATH} tall lines={6} />
}

function Overview({ dashboard }: { readonly dashboard: DashboardAnswer }) {
  const { metrics, launch, zone } = useProduct()
  // The weeks come from the first metric, which is loaded anyway.
  const first = dashboard.panels.find(panel => panel.type === 'north_star' || panel.type === 'value')
  const leading = first && 'metric' in first && first.offset === undefined ? first.metric : ([...metrics.keys()][0] ?? '')
  const choice = useWeekChoice(leading, launch, zone)
  return (
    <>
      <PageHead title={dashboard.title} documentTitle="Overview">
        <WeekPicker choice={choice} />
      </PageHead>
      <FirstSteps dashboard={dashboard} metric={leading} />
      <div className="grid">
        {dashboard.panels.map((panel, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the panels of a dashboard do not move
          <PanelOf key={index} panel={panel} choice={choice} />
        ))}
      </div>
    </>
  )
}

function PanelOf({ panel, choice }: { readonly panel: DashboardPanel; readonly choice: WeekChoice | null }) {
  if (panel.type === 'north_star') return <NorthStarPanel figure={panel} choice={choice} />
  if (panel.type === 'value') return <ValuePanel figure={panel} width={panel.width} choice={choice} />
  if (panel.type === 'figures') return <FiguresPanel {...panel} choice={choice} />
  return <AlertsPanel {...panel} />
}

/** Shown until the first event arrives: how to send one. */
function FirstSteps({ dashboard, metric }: { readonly dashboard: DashboardAnswer; readonly metric: string }) {
  const { data } = useWeeks({ metric, where: {} })
  const hasLiveData = useHasLiveData()
  if (!data || hasLiveData || data.some(({ value, sample }) => value || sample)) return null
  const command = SNIPPETS.shell({ url: location.origin, writeKey: dashboard.writeKey ?? 'YOUR_WRITE_KEY', example: dashboard.example })
  return (
    <section className="panel first-steps" aria-labelledby="first-steps">
      <h2 id="first-steps">No events yet</h2>
      <p>Send your first event. This page updates as soon as it arrives:</p>
      <CopyBlock text={command} label="Copy the command" />
      {!dashboard.writeKey && <p className="quiet">Ask an administrator for a write key.</p>}
    </section>
  )
}
