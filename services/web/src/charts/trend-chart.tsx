import type { SeriesPoint, Unit } from '../api/types.ts'
import { formatSpan, formatValue } from '../format.ts'
import { soFarText } from '../period.ts'
import { useMarkers } from '../releases/use-releases.ts'
import { ReleaseMarkers } from './release-markers.tsx'
import { path } from './spark-line.tsx'
import { useWidth } from './use-width.ts'

interface TrendChartProps {
  readonly points: readonly SeriesPoint[]
  readonly unit: Unit
  readonly zone: string
  readonly title: string
  readonly goal?: number
  readonly current: string
  /** The week number of the first point, counted from the launch. */
  readonly firstWeek: number
}

const HEIGHT = 240
const TOP = 28
const BOTTOM = 30
const SIDE = 28
/** Minimum distance between labels, px. */
const LABEL = 56

/** Between the points of the weeks, as far as the time lies within its week. */
function placeOf(points: readonly SeriesPoint[], at: number): number {
  const place = points.findLastIndex(({ from }) => Date.parse(from) <= at)
  const [from, to] = [Date.parse(points[place]?.from ?? ''), Date.parse(points[place]?.to ?? '')]
  return place + (at - from) / Math.max(1, to - from)
}

/** The north star by week with its targets and goal. Plain SVG: the first view loads no chart library. */
export function TrendChart({ points, unit, zone, title, goal, current, firstWeek }: TrendChartProps) {
  const [element, width] = useWidth()
  const [begin, end] = [Date.parse(points[0]?.from ?? ''), Date.parse(points.at(-1)?.to ?? '')]
  const markers = useMarkers(begin, end)
  const values = points.map(point => (point.complete || (point.value ?? 0) > 0 ? point.value : null))
  const targets = points.map(point => point.target?.value)
  const complete = points.filter(point => point.complete).map(({ value }) => value)
  const high = Math.max(1, ...[...(complete.length > 0 ? complete : values), ...targets, goal].filter(value => typeof value === 'number'))
  const x = (place: number) => SIDE + (place * (width - 2 * SIDE)) / Math.max(1, points.length - 1)
  const y = (value: number) => HEIGHT - BOTTOM - (Math.min(value, high) / high) * (HEIGHT - TOP - BOTTOM)
  const every = Math.max(1, Math.ceil((points.length * LABEL) / Math.max(1, width)))
  const last = values.findLastIndex(value => value !== null)
  const labelled = (place: number) => place === last || (last - place) % every === 0
  // A label that would cross the goal line goes below its point.
  const crosses = (value: number) => goal !== undefined && Math.abs(y(value) - 18 - y(goal)) < 12
  const whole = points.findLastIndex(({ complete }) => complete)
  const first = values.findIndex(value => value !== null)
  const line = path(values.slice(0, whole + 1), x, y)
  return (
    <figure className="trend">
      <div ref={element} className="trend-canvas" aria-hidden="true">
        {width > 0 && (
          <svg width={width} height={HEIGHT} aria-hidden="true">
            <line className="trend-base" x1={0} x2={width} y1={y(0)} y2={y(0)} />
            {goal !== undefined && (
              <g>
                <line className="trend-goal" x1={0} x2={width} y1={y(goal)} y2={y(goal)} />
                <text className="trend-note" x={0} y={y(goal) - 8}>
                  Goal {formatValue(goal, unit)}
                </text>
              </g>
            )}
            <ReleaseMarkers markers={markers} x={at => x(Math.min(points.length - 1, placeOf(points, at)))} zone={zone} bottom={y(0)} />
            {whole > first && first >= 0 && <path className="trend-area" d={`${line}L${x(whole)} ${y(0)}L${x(first)} ${y(0)}Z`} />}
            <path className="trend-target" d={path(targets, x, y)} />
            <path className="trend-value" d={line} />
            {last > whole && (
              <path
                className="trend-open"
                d={path(
                  values.map((value, place) => (place >= whole ? value : null)),
                  x,
                  y,
                )}
              />
            )}
            {points.map((point, place) => {
              const value = values[place]
              return (
                <g key={point.from}>
                  {labelled(place) && (
                    <text className="trend-tick" x={x(place)} y={HEIGHT - 8} textAnchor="middle">
                      {width > 480 ? 'Week ' : 'W'}
                      {firstWeek + place}
                    </text>
                  )}
                  {typeof value === 'number' && (
                    <>
                      <circle
                        className={!point.complete ? 'trend-open-dot' : point.from === current ? 'trend-now' : 'trend-dot'}
                        cx={x(place)}
                        cy={y(value)}
                        r={point.from === current ? 6 : point.complete ? 3 : 4}
                      />
                      {labelled(place) && (
                        <text className="trend-label" x={x(place)} y={y(value) + (crosses(value) ? 24 : -13)} textAnchor="middle">
                          {formatValue(value, unit)}
                        </text>
                      )}
                    </>
                  )}
                </g>
              )
            })}
          </svg>
        )}
      </div>
      <figcaption className="legend" aria-hidden="true">
        <span className="legend-value">{title}</span>
        {targets.some(target => target !== undefined) && <span className="legend-target">Weekly target</span>}
      </figcaption>
      {/* A table ignores the width of sr-only; a block does not. */}
      <div className="sr-only">
        <table>
          <caption>{title} by week</caption>
          <thead>
            <tr>
              <th scope="col">Week</th>
              <th scope="col">Value</th>
              <th scope="col">Target</th>
            </tr>
          </thead>
          <tbody>
            {points.map((point, place) => (
              <tr key={point.from}>
                <th scope="row">
                  Week {firstWeek + place}, {formatSpan(point.from, point.to, zone)}
                  {point.complete ? '' : `, ${soFarText(point)}`}
                </th>
                <td>{formatValue(point.value, unit)}</td>
                <td>{formatValue(point.target?.value, unit)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  )
}
