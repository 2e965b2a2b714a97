import type { AlertCourse, Unit } from '../api/types.ts'
import { formatTime, formatValue } from '../format.ts'
import { useMarkers } from '../releases/use-releases.ts'
import { axisOf } from './axis.ts'
import { linePath } from './line.ts'
import { ReleaseMarkers } from './release-markers.tsx'
import { timeTicks } from './time-axis.ts'
import { useWidth } from './use-width.ts'
import { ValueTable } from './value-table.tsx'

interface AlertChartProps {
  readonly points: AlertCourse['points']
  readonly unit: Unit
  readonly zone: string
  readonly title: string
  /** When the alert fired, epoch ms; `to` is null while it lasts. */
  readonly firing: { readonly from: number; readonly to: number | null }
}

const HEIGHT = 220
/** Versions of releases are above the values. */
const TOP = 26
const BOTTOM = 28
const LEFT = 56
const RIGHT = 12

/** Labels at the edges stay within the drawing. */
const anchorAt = (x: number, width: number) => (x < LEFT + 20 ? 'start' : x > width - RIGHT - 20 ? 'end' : 'middle')

/** A rule's evaluated values with its threshold and the firing period. Plain SVG, with a table for screen readers. */
export function AlertChart({ points, unit, zone, title, firing }: AlertChartProps) {
  const [element, width] = useWidth()
  const times = points.map(({ at }) => Date.parse(at))
  const [from, to] = [times[0] ?? 0, times.at(-1) ?? 1]
  const [values, thresholds] = [points.map(({ value }) => value), points.map(({ threshold }) => threshold)]
  const { ticks, format } = axisOf(
    [...values, ...thresholds].filter(value => value !== null),
    unit,
  )
  const [low, high] = [ticks[0] ?? 0, ticks.at(-1) ?? 1]
  const xOf = (time: number) => LEFT + ((Math.min(to, Math.max(from, time)) - from) / Math.max(1, to - from)) * (width - LEFT - RIGHT)
  const x = (index: number) => xOf(times[index] ?? from)
  const y = (value: number) => TOP + (1 - (value - low) / (high - low || 1)) * (HEIGHT - TOP - BOTTOM)
  const markers = useMarkers(from, to)
  const [start, end] = [xOf(firing.from), xOf(firing.to ?? to)]
  return (
    <figure className="trend">
      <div ref={element} className="trend-canvas" aria-hidden="true">
        {width > 0 && (
          <svg width={width} height={HEIGHT} aria-hidden="true">
            <rect className="alert-firing" x={start} y={TOP} width={Math.max(3, end - start)} height={HEIGHT - TOP - BOTTOM} />
            <ReleaseMarkers markers={markers} x={xOf} zone={zone} bottom={HEIGHT - BOTTOM} />
            {ticks.map(tick => (
              <g key={tick}>
                <line className="trend-base" x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
                <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end">
                  {format(tick)}
                </text>
              </g>
            ))}
            {timeTicks(from, to, width - LEFT - RIGHT, zone).map(({ at, label }) => (
              <text key={at} x={xOf(at)} y={HEIGHT - 8} textAnchor={anchorAt(xOf(at), width)}>
                {label}
              </text>
            ))}
            <path className="alert-threshold" d={linePath(thresholds, x, y)} />
            <path className="trend-value" d={linePath(values, x, y)} />
            {points.map(({ at, value }, index) =>
              value === null ? null : <circle key={at} className="trend-dot" cx={x(index)} cy={y(value)} r={2.5} />,
            )}
          </svg>
        )}
      </div>
      <figcaption className="legend" aria-hidden="true">
        <span>{title}</span>
        <span className="legend-threshold">Threshold</span>
        <span className="legend-firing">Firing</span>
      </figcaption>
      <ValueTable
        caption={`${title} as the rule saw it`}
        columns={['Time', 'Value', 'Threshold']}
        rows={points.map(({ at, value, threshold }) => ({
          key: at,
          name: formatTime(at, zone),
          cells: [formatValue(value, unit), formatValue(threshold, unit)],
        }))}
      />
    </figure>
  )
}
