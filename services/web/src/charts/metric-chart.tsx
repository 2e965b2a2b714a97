import { CartesianGrid, ComposedChart, Legend, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { Unit } from '../api/types.ts'
import { formatValue } from '../format.ts'
import { MAX_LINES, type Series, type SeriesRow } from '../series.ts'

interface MetricChartProps {
  readonly series: Series
  readonly unit: Unit
  readonly title: string
}

/** Lines also differ by their dashes, not only by colour. */
const DASHES = ['', '6 3', '2 3', '8 3 2 3', '1 4']

/** A metric over time: a line for the total or for each member, the target dashed. */
export function MetricChart({ series, unit, title }: MetricChartProps) {
  const { names, rows, hasTarget } = series
  const shown = names.slice(0, MAX_LINES)
  const whole = rows.findLastIndex(({ complete }) => complete)
  // The unfinished period is drawn separately: as part of the line it would look like a drop.
  const data = rows.map(({ label, complete, target, values }, place) => ({
    label,
    place,
    target,
    ...Object.fromEntries(
      values.flatMap((value, line) => [
        [`v${line}`, complete ? value : null],
        [`o${line}`, place >= whole ? value : null],
      ]),
    ),
  }))
  const format = (value: unknown) => formatValue(typeof value === 'number' ? value : null, unit)
  return (
    <figure className="chart" aria-label={`${title} over time. A table is available below.`}>
      <ResponsiveContainer width="100%" height="100%" minWidth={0}>
        <ComposedChart data={data} margin={{ top: 8, right: 16, bottom: 0, left: 0 }} title={title}>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="label"
            tickLine={false}
            tickMargin={8}
            padding={{ left: 16, right: 16 }}
            axisLine={{ stroke: 'var(--line)' }}
            tick={{ fill: 'var(--muted)', fontSize: 12 }}
            minTickGap={24}
          />
          <YAxis
            tickFormatter={format}
            tickLine={false}
            axisLine={false}
            tick={{ fill: 'var(--muted)', fontSize: 12 }}
            width="auto"
            domain={[0, 'auto']}
          />
          <Tooltip
            content={({ active, payload }) => {
              const row = rows[payload[0]?.payload?.place ?? -1]
              return active && row ? <Tip row={row} names={shown} title={title} format={format} /> : null
            }}
            cursor={{ stroke: 'var(--line-strong)' }}
          />
          {(shown.length > 1 || hasTarget) && (
            <Legend iconType="plainline" formatter={text => <span className="legend-text">{text}</span>} />
          )}
          {hasTarget && (
            <Line
              type="linear"
              dataKey="target"
              name="Target"
              stroke="var(--line-strong)"
              strokeDasharray="3 4"
              strokeWidth={1.5}
              dot={false}
              activeDot={false}
              isAnimationActive={false}
              connectNulls={false}
            />
          )}
          {shown.map((name, place) => (
            <Line
              key={name}
              type="linear"
              dataKey={`v${place}`}
              name={name || title}
              stroke={`var(--series-${place + 1})`}
              strokeWidth={2}
              strokeDasharray={DASHES[place]}
              dot={rows.length <= 31 ? { r: 3, strokeWidth: 2, fill: 'var(--surface)', strokeDasharray: '' } : false}
              isAnimationActive={false}
            />
          ))}
          {shown.map((name, place) => (
            <Line
              key={`${name} so far`}
              type="linear"
              dataKey={`o${place}`}
              legendType="none"
              stroke={`var(--series-${place + 1})`}
              strokeOpacity={0.45}
              strokeWidth={2}
              strokeDasharray="2 4"
              dot={false}
              activeDot={false}
              isAnimationActive={false}
            />
          ))}
        </ComposedChart>
      </ResponsiveContainer>
      {names.length > MAX_LINES && (
        <figcaption className="quiet">
          The first {MAX_LINES} of {names.length}; the table has all.
        </figcaption>
      )}
    </figure>
  )
}

interface TipProps {
  readonly row: SeriesRow
  readonly names: readonly string[]
  readonly title: string
  readonly format: (value: unknown) => string
}

function Tip({ row, names, title, format }: TipProps) {
  return (
    <div className="tip">
      <p className="quiet">
        {row.span}
        {!row.complete && ', so far'}
      </p>
      {names.map((name, place) => (
        <p key={name}>
          {name || title} <strong>{format(row.values[place])}</strong>
        </p>
      ))}
      {row.target !== null && (
        <p className="quiet">
          Target <strong>{format(row.target)}</strong>
        </p>
      )}
    </div>
  )
}
