import { reloadAll } from '../api/store.ts'
import type { DashboardFigure } from '../api/types.ts'
import { TrendChart } from '../charts/trend-chart.tsx'
import { Icon } from '../components/icon.tsx'
import { ErrorMessage, Panel, Skeleton } from '../components/panel.tsx'
import { ChangeMark, Status } from '../components/status.tsx'
import { useProduct } from '../context.ts'
import { atWeek, comparedValue, drawnWeeks, useWeeks } from '../figure.ts'
import { useFiringAlert } from '../firing.ts'
import { formatCalendarDate, formatPercent, formatValue } from '../format.ts'
import { Link } from '../router.tsx'
import { changeOf, verdictOf } from '../verdict.ts'
import type { WeekChoice } from '../week.ts'
import { LiveLine } from './live-line.tsx'

export function NorthStarPanel({ figure, choice }: { readonly figure: DashboardFigure; readonly choice: WeekChoice | null }) {
  const { metrics, zone, launch } = useProduct()
  const { data, error } = useWeeks(figure)
  const alert = useFiringAlert(figure)
  const definition = metrics.get(figure.metric)
  if (!definition) return null
  const heading = (
    <>
      <Icon name="star" /> North star metric
    </>
  )
  if (!data || !choice)
    return (
      <Panel title={heading} className="hero">
        <div className="hero-body">{error ? <ErrorMessage error={error} onRetry={reloadAll} /> : <Skeleton tall lines={4} />}</div>
      </Panel>
    )
  const { unit, goal } = definition
  const { weeks, chosen } = choice
  const { point, before } = atWeek(data, chosen.from)
  const drawn = drawnWeeks(data, chosen.from)
  const change = changeOf(point?.value, comparedValue(point, before), unit)
  const verdict = verdictOf(point, definition, alert)
  const objective = goal?.value ?? point?.target?.value
  const share = objective && point?.value ? point.value / objective : 0
  return (
    <Panel title={heading} className="hero">
      <div className="hero-body">
        <div className="hero-figure">
          <h3>
            <Link href={`/metrics/${definition.name}`}>{figure.title ?? definition.title}</Link>
          </h3>
          <p className="hero-value">{formatValue(point?.value, unit)}</p>
          <p className="hero-change">
            {change ? (
              <ChangeMark change={change} since={`from ${point?.complete ? '' : 'the same days of '}week ${chosen.number - 1}`} />
            ) : (
              !before && 'First week'
            )}
          </p>
          <p className="cluster hero-facts">
            {point?.target && (
              <span>
                Week {chosen.number} target <strong>{formatValue(point.target.value, unit)}</strong>
              </span>
            )}
            {verdict && <Status {...verdict} />}
          </p>
          {objective !== undefined && (
            <div className="hero-goal">
              <p>
                <span>
                  <strong>{formatPercent(Math.round(share * 100) / 100)}</strong> of the {goal ? 'goal' : 'target'}
                </span>
                <span>
                  {formatValue(objective, unit)}
                  {goal && goal.date > launch && ` by ${formatCalendarDate(goal.date)}`}
                </span>
              </p>
              <progress value={Math.min(1, share)} max={1} aria-label={`Progress to ${formatValue(objective, unit)}`} />
            </div>
          )}
          <LiveLine figure={figure} chosen={chosen} weeks={weeks} />
        </div>
        <TrendChart
          points={drawn}
          unit={unit}
          zone={zone}
          title={definition.title}
          file={definition.name}
          current={chosen.from}
          firstWeek={weeks.find(({ from }) => from === drawn[0]?.from)?.number ?? 1}
          {...(goal && { goal: goal.value })}
        />
      </div>
    </Panel>
  )
}
