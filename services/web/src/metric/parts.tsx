import type { Definition, SeriesPoint } from '../api/types.ts'
import { formatCount, formatPercent, formatValue } from '../format.ts'
import { memberTitle } from '../members.ts'

interface PartsProps {
  readonly definition: Definition
  /** Points of one period, one per part, in order. */
  readonly points: readonly SeriesPoint[]
}

/** Bars of a metric's own parts: funnel steps with their drop-off, segments, or states of users. */
export function Parts({ definition, points }: PartsProps) {
  const { unit, steps } = definition
  if (points.length === 0) return <p className="hero-value">{formatValue(null, unit)}</p>
  const most = unit === 'ratio' ? 1 : Math.max(...points.map(({ value }) => value ?? 0), Number.MIN_VALUE)
  // Steps of a conversion funnel share one sample: the users who entered.
  const isConversion = steps !== undefined && unit === 'ratio' && points.every(({ sample }) => sample === points[0]?.sample)
  return (
    <>
      <ol className="part-bars">
        {points.map((point, index) => {
          const before = points[index - 1]?.value
          const lost = isConversion && before && point.value !== null ? 1 - point.value / before : null
          return (
            <li key={memberTitle(point)} className="part-bar">
              <span className="figure-name">{memberTitle(point)}</span>
              <span className="part-bar-track" aria-hidden="true">
                <span style={{ inlineSize: `${Math.round(((point.value ?? 0) / most) * 100)}%` }} />
              </span>
              <strong>{formatValue(point.value, unit)}</strong>
              <span className="quiet">{lost !== null && `${formatPercent(lost)} lost`}</span>
            </li>
          )
        })}
      </ol>
      <p className="quiet">
        {isConversion ? 'Entered' : 'Sample'}: {formatCount(points[0]?.sample ?? 0)}
      </p>
    </>
  )
}
