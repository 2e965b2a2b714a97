import { reloadAll } from '../api/store.ts'
import type { DashboardFigure, DashboardPanel, SeriesPoint, Unit } from '../api/types.ts'
import { ErrorMessage, Panel, Skeleton } from '../components/panel.tsx'
import { ChangeMark, Status } from '../components/status.tsx'
import { UnknownLine } from '../components/unknown-line.tsx'
import { useProduct } from '../context.ts'
import { atWeek, comparedValue, knownValue, useLastDay, useMembers, useUnknown, useWeeks } from '../figure.ts'
import { useFiringAlert } from '../firing.ts'
import { formatValue } from '../format.ts'
import { memberNames } from '../members.ts'
import { Link } from '../router.tsx'
import { changeOf, targetText, verdictOf } from '../verdict.ts'
import type { WeekChoice } from '../week.ts'

type FiguresPanelProps = Extract<DashboardPanel, { type: 'figures' }> & { readonly choice: WeekChoice | null }

export function FiguresPanel({ title, figures, show, width, choice }: FiguresPanelProps) {
  return (
    <Panel title={title} width={width}>
      <ul className="figures">
        {figures.map(figure => (
          <FigureLine key={`${figure.metric}${figure.title ?? ''}`} figure={figure} show={show} choice={choice} />
        ))}
      </ul>
    </Panel>
  )
}

interface FigureLineProps {
  readonly figure: DashboardFigure
  readonly show: 'target' | 'change'
  readonly choice: WeekChoice | null
}

function FigureLine({ figure, show, choice }: FigureLineProps) {
  const { metrics } = useProduct()
  const { data, error } = useWeeks(figure)
  const members = useMembers(figure, figure.by)
  const alert = useFiringAlert(figure)
  const unknown = useUnknown(figure)
  const lastDay = useLastDay(figure, show === 'target')
  const definition = metrics.get(figure.metric)
  if (!definition) return null
  const name = figure.title ?? definition.title
  const parts = members.data?.filter(({ from }) => from === choice?.chosen.from) ?? []
  const { point, before } = atWeek(data, choice?.chosen.from ?? '')
  const change = changeOf(point?.value, comparedValue(point, before), definition.unit)
  const verdict = verdictOf(point, definition, alert)
  const isKnown = knownValue(point) !== null
  return (
    <li className="figure">
      <Link className="figure-name" href={`/metrics/${definition.name}`}>
        {name}
      </Link>
      {!data || !choice ? (
        error ? (
          <ErrorMessage error={error} onRetry={reloadAll} />
        ) : (
          <Skeleton lines={1} />
        )
      ) : (
        <>
          <span className="figure-value">{formatValue(knownValue(point), definition.unit)}</span>
          <span className="figure-beside">
            {show === 'change'
              ? change && <ChangeMark change={change} since="this week" />
              : point?.target && `Target ${targetText(point.target, definition.unit)}`}
            {show === 'target' && (
              <span className="figure-now">
                Last 24 h <strong>{formatValue(isKnown ? lastDay?.value : null, definition.unit)}</strong>
              </span>
            )}
          </span>
          <span className="figure-status">{verdict && <Status {...verdict} />}</span>
          <UnknownLine unknown={unknown} />
          {isKnown && parts.length > 0 && <Members parts={parts} unit={definition.unit} />}
        </>
      )}
    </li>
  )
}

function Members({ parts, unit }: { readonly parts: readonly SeriesPoint[]; readonly unit: Unit }) {
  const nameOf = memberNames(parts)
  return (
    <ul className="parts">
      {parts.map(({ by, value, target }) => {
        const name = nameOf({ by })
        const over = target?.status === 'off' || target?.status === 'behind'
        return (
          <li key={name} className={over ? 'part part-over' : 'part'}>
            {name} <strong>{formatValue(value, unit)}</strong>
            {over && <span className="sr-only"> above its target</span>}
          </li>
        )
      })}
    </ul>
  )
}
