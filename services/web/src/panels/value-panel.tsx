import { reloadAll } from '../api/store.ts'
import type { DashboardFigure } from '../api/types.ts'
import { SparkLine } from '../charts/spark-line.tsx'
import { ErrorMessage, Panel, Skeleton } from '../components/panel.tsx'
import { ChangeMark, Status } from '../components/status.tsx'
import { UnknownLine } from '../components/unknown-line.tsx'
import { useProduct } from '../context.ts'
import { atWeek, comparedValue, drawnWeeks, knownValue, useUnknown, useWeeks } from '../figure.ts'
import { useFiringAlert } from '../firing.ts'
import { formatValue } from '../format.ts'
import { Link } from '../router.tsx'
import { changeOf, targetText, verdictOf } from '../verdict.ts'
import type { WeekChoice } from '../week.ts'
import { LiveLine } from './live-line.tsx'

interface ValuePanelProps {
  readonly figure: DashboardFigure
  readonly width: 'third' | 'half' | 'full'
  readonly choice: WeekChoice | null
}

export function ValuePanel({ figure, width, choice }: ValuePanelProps) {
  const { metrics } = useProduct()
  const { data, error } = useWeeks(figure)
  const alert = useFiringAlert(figure)
  const unknown = useUnknown(figure)
  const definition = metrics.get(figure.metric)
  if (!definition) return null
  const href = definition.shape === 'cohorts' ? '/retention' : `/metrics/${definition.name}`
  const title = (
    <Link className="panel-link" href={href}>
      {figure.title ?? definition.title}
    </Link>
  )
  if (!data || !choice)
    return (
      <Panel title={title} width={width} className="value-panel">
        {error ? <ErrorMessage error={error} onRetry={reloadAll} /> : <Skeleton lines={3} tall />}
      </Panel>
    )
  const { point, before } = atWeek(data, choice.chosen.from)
  const drawn = drawnWeeks(data, choice.chosen.from)
  const change = changeOf(point?.value, comparedValue(point, before), definition.unit)
  const verdict = verdictOf(point, definition, alert)
  return (
    <Panel title={title} width={width} className="value-panel">
      <div className="value-row">
        <p className="value">{formatValue(knownValue(point), definition.unit)}</p>
        {change && <ChangeMark change={change} />}
      </div>
      <SparkLine
        points={drawn.map(({ from, value, complete, target }) => ({
          value: complete || from === choice.chosen.from ? value : null,
          complete,
          target: target?.value,
        }))}
        current={drawn.findIndex(({ from }) => from === choice.chosen.from)}
      />
      <UnknownLine unknown={unknown} />
      <p className="cluster value-facts">
        <span>{point?.target ? <>Target {targetText(point.target, definition.unit)}</> : point ? 'No target' : 'No data'}</span>
        {verdict && <Status {...verdict} />}
      </p>
      {figure.offset === undefined && <LiveLine figure={figure} chosen={choice.chosen} weeks={choice.weeks} />}
    </Panel>
  )
}
