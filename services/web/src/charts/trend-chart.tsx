import type { SeriesPoint, Unit } from '../api/types.ts'
import { Exportable } from '../export/exportable.tsx'
import { formatSpan, formatValue } from '../format.ts'
import { soFarText } from '../period.ts'
import { useMarkers } from '../releases/use-releases.ts'
import { placeOf } from './axis.ts'
import { linePath } from './line.ts'
import { ReleaseMarkers } from './release-markers.tsx'
import { useWidth } from './use-width.ts'
import { ValueTable } from './value-table.tsx'

interface TrendChartProps {
  readonly points: readonly SeriesPoint[]
  readonly unit: Unit
  readonly zone: string
  readonly title: string
  /** Name of its files. */
  readonly file: string
  readonly goal?: number
  readonly current: string
  /** The week number of the first point, counted from the launch. */
  readonly firstWeek: number
}

const HEIGHT = 240
const TOP = 36
const BOTTOM = 30
const SIDE = 28
/** Minimum distance between labels, px. */
const LABEL = 56

/** The north star by week with its targets and goal. Plain SVG: the first view loads no chart library. */
export function TrendChart(props: TrendChartProps) {
  const { points, unit, zone, title, firstWeek } = props
  const [element, width] = useWidth()
  return (
    <Exportable file={props.file} title={`${title} by week`} rows={() => rowsOf(props)}>
      <figure className="trend">
        <div ref={element} className="trend-canvas" aria-hidden="true">
          {width > 0 && <Plot {...props} width={width} />}
        </div>
        <figcaption className="legend" aria-hidden="true">
          <span>{title}</span>
          {points.some(({ target }) => target) && <span className="legend-target">Weekly target</span>}
        </figcaption>
        <ValueTable
          caption={`${title} by week`}
          columns={['Week', 'Value', 'Target']}
          rows={points.map((point, index) => ({
            key: point.from,
            name: `Week ${firstWeek + index}, ${formatSpan(point.from, point.to, zone)}${point.complete ? '' : `, ${soFarText(point)}`}`,
            cells: [formatValue(point.value, unit), formatValue(point.target?.value, unit)],
          }))}
        />
      </figure>
    </Exportable>
  )
}

const rowsOf = ({ points, firstWeek }: TrendChartProps) => [
  ['week', 'from', 'complete', 'value', 'target'],
  ...points.map(({ from, complete, value, target }, index) => [firstWeek + index, from, complete, value, target?.value]),
]

function Plot({ points, unit, zone, goal, current, firstWeek, width }: TrendChartProps & { readonly width: number }) {
  const markers = useMarkers(Date.parse(points[0]?.from ?? ''), Date.parse(points.at(-1)?.to ?? ''))
  const values = points.map(point => (point.complete || (point.value ?? 0) > 0 ? point.value : null))
  const targets = points.map(point => point.target?.value)
  const complete = points.filter(point => point.complete).map(({ value }) => value)
  const high = Math.max(1, ...[...(complete.length > 0 ? complete : values), ...targets, goal].filter(value => typeof value === 'number'))
  const x = (index: number) => SIDE + (index * (width - 2 * SIDE)) / Math.max(1, points.length - 1)
  const y = (value: number) => HEIGHT - BOTTOM - (Math.min(value, high) / high) * (HEIGHT - TOP - BOTTOM)
  const first = values.findIndex(value => value !== null)
  const last = values.findLastIndex(value => value !== null)
  const lastComplete = points.findLastIndex(({ complete }) => complete)
  const line = linePath(values.slice(0, lastComplete + 1), x, y)
  const openValues = values.map((value, index) => (index >= lastComplete ? value : null))
  const labelEvery = Math.max(1, Math.ceil((points.length * LABEL) / Math.max(1, width)))
  // A label that would cross the goal line goes below its point.
  const crossesGoal = (value: number) => goal !== undefined && Math.abs(y(value) - 18 - y(goal)) < 12
  return (
    <svg width={width} height={HEIGHT} aria-hidden="true">
      <line className="trend-base" x1={0} x2={width} y1={y(0)} y2={y(0)} />
      {goal !== undefined && <GoalLine y={y(goal)} width={width} text={`Goal ${formatValue(goal, unit)}`} />}
      <ReleaseMarkers markers={markers} x={at => x(placeOf(at, points))} zone={zone} bottom={y(0)} />
      {lastComplete > first && first >= 0 && <path className="trend-area" d={`${line}L${x(lastComplete)} ${y(0)}L${x(first)} ${y(0)}Z`} />}
      <path className="trend-target" d={linePath(targets, x, y)} />
      <path className="trend-value" d={line} />
      {last > lastComplete && <path className="trend-open" d={linePath(openValues, x, y)} />}
      {points.map((point, index) => {
        const value = values[index]
        const isLabelled = (last - index) % labelEvery === 0
        return (
          <g key={point.from}>
            {isLabelled && <Label x={x(index)} y={HEIGHT - 8} text={`${width > 480 ? 'Week ' : 'W'}${firstWeek + index}`} />}
            {typeof value === 'number' && (
              <>
                <Dot x={x(index)} y={y(value)} isComplete={point.complete} isCurrent={point.from === current} />
                {isLabelled && (
                  <Label
                    className="trend-label"
                    x={x(index)}
                    y={y(value) + (crossesGoal(value) ? 24 : -13)}
                    text={formatValue(value, unit)}
                  />
                )}
              </>
            )}
          </g>
        )
      })}
    </svg>
  )
}

function GoalLine({ y, width, text }: { readonly y: number; readonly width: number; readonly text: string }) {
  return (
    <g>
      <line className="trend-goal" x1={0} x2={width} y1={y} y2={y} />
      <text className="trend-note" x={width} y={y - 8} textAnchor="end">
        {text}
      </text>
    </g>
  )
}

interface LabelProps {
  readonly className?: string
  readonly x: number
  readonly y: number
  readonly text: string
}

function Label({ text, ...rest }: LabelProps) {
  return (
    <text {...rest} textAnchor="middle">
      {text}
    </text>
  )
}

interface DotProps {
  readonly x: number
  readonly y: number
  readonly isComplete: boolean
  readonly isCurrent: boolean
}

function Dot({ x, y, isComplete, isCurrent }: DotProps) {
  const className = !isComplete ? 'trend-open-dot' : isCurrent ? 'trend-now' : 'trend-dot'
  return <circle className={className} cx={x} cy={y} r={isCurrent ? 6 : isComplete ? 3 : 4} />
}
