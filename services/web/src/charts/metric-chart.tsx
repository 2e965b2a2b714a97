import { CartesianGrid, ComposedChart, Line, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { Unit } from '../api/types.ts'
import { formatValue, shorten } from '../format.ts'
import { OTHER } from '../members.ts'
import type { Marker } from '../releases/use-releases.ts'
import { MAX_LINES, type Series, type SeriesRow } from '../series.ts'
import { axisOf, placeOf } from './axis.ts'
import { isAlone } from './line.ts'

interface MetricChartProps {
  readonly series: Series
  readonly unit: Unit
  readonly title: string
  /** Releases within the range. */
  readonly markers?: readonly Marker[]
}

/** Lines also differ by their dashes, not only by colour. */
const DASHES = ['', '6 3', '2 3', '8 3 2 3', '1 4']
const TARGET_DASHES = '3 4'
/** Of more points than this, only those without neighbours have a dot. */
const MAX_DOTS = 31
const TICK = { fill: 'var(--muted)', fontSize: 12 }

/** A metric over time: a line for the total or for each member, targets dashed, the unfinished period as a hollow point. */
export function MetricChart({ series, unit, title, markers = [] }: MetricChartProps) {
  const { names, rows } = series
  const shown = names.slice(0, MAX_LINES)
  const { ticks, format } = axisOf(axisValues(rows, shown.length), unit)
  const domain: [number, number] = [ticks[0] ?? 0, ticks.at(-1) ?? 1]
  const lastComplete = rows.findLastIndex(({ complete }) => complete)
  const completeValues = shown.map((_, line) => rows.map(({ complete, values }) => (complete ? values[line] : null)))
  const isDotted = (index: number, line: number) => rows.length <= MAX_DOTS || isAlone(completeValues[line] ?? [], index)
  return (
    <figure className="chart" aria-label={`${title} over time. A table is available below.`}>
      <ResponsiveContainer width="100%" height="100%" minWidth={0}>
        <ComposedChart
          data={dataOf(rows, shown.length, domain)}
          margin={{ top: markers.length > 0 ? 24 : 8, right: 16, bottom: 0, left: 0 }}
          title={title}
        >
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="index"
            type="number"
            domain={rows.length === 1 ? [-1, 1] : [0, rows.length - 1]}
            ticks={rows.map((_, index) => index)}
            tickFormatter={index => rows[index]?.label ?? ''}
            tickLine={false}
            tickMargin={8}
            padding={{ left: 16, right: 16 }}
            axisLine={{ stroke: 'var(--line)' }}
            tick={TICK}
            minTickGap={24}
          />
          <YAxis ticks={[...ticks]} domain={domain} tickFormatter={format} tickLine={false} axisLine={false} tick={TICK} width="auto" />
          <Tooltip
            content={({ active, payload }) => {
              const row = rows[payload[0]?.payload?.index ?? -1]
              return active && row ? <Tip row={row} names={shown} title={title} unit={unit} /> : null
            }}
            cursor={{ stroke: 'var(--line-strong)' }}
          />
          {markerLines(markers, rows)}
          {shown.flatMap((name, line) =>
            rows.some(({ targets }) => typeof targets[line] === 'number') ? [targetLine(name, line, shown)] : [],
          )}
          {shown.map((name, line) => valueLine(name || title, line, index => isDotted(index, line)))}
          {shown.map((name, line) => openLine(name, line, lastComplete))}
        </ComposedChart>
      </ResponsiveContainer>
      {(shown.some(name => name !== '') || series.hasTarget) && (
        <Legend names={shown.map(name => name || title)} hasTarget={series.hasTarget} />
      )}
      {names.length > MAX_LINES && <figcaption className="quiet">{membersText(series)}</figcaption>}
    </figure>
  )
}

function membersText({ names, others }: Series): string {
  const named = names.filter(name => name !== OTHER).length
  const table = others ? `the ${named} largest${others.together ? ' and the others together' : ''}` : 'all'
  return `The ${MAX_LINES} largest of ${named + (others?.members ?? 0)}. The table has ${table}.`
}

/** Below the chart, where it may take several lines on a narrow screen. */
function Legend({ names, hasTarget }: { readonly names: readonly string[]; readonly hasTarget: boolean }) {
  const entries = [
    ...(hasTarget
      ? [{ name: 'Target', stroke: names.length === 1 ? 'var(--line-strong)' : 'var(--series-1)', dashes: TARGET_DASHES }]
      : []),
    ...names.map((name, line) => ({ name, stroke: `var(--series-${line + 1})`, dashes: DASHES[line] })),
  ]
  return (
    <div className="chart-legend">
      {entries.map(({ name, stroke, dashes }) => (
        <span key={name}>
          <svg width={18} height={2} aria-hidden="true">
            <line x1={0} x2={18} y1={1} y2={1} stroke={stroke} strokeWidth={2} strokeDasharray={dashes} />
          </svg>
          <span className="legend-text cut" title={name}>
            {name}
          </span>
        </span>
      ))}
    </div>
  )
}

/** The points of all lines, by index. Values beyond the domain are drawn at its edge. */
function dataOf(rows: readonly SeriesRow[], lines: number, [low, high]: readonly [number, number]) {
  const clamp = (value: number | null | undefined) => (typeof value === 'number' ? Math.min(high, Math.max(low, value)) : null)
  const lastComplete = rows.findLastIndex(({ complete }) => complete)
  return rows.map(({ complete, targets, values }, index) => ({
    index,
    ...Object.fromEntries(
      Array.from({ length: lines }).flatMap((_, line) => [
        [`value${line}`, complete ? clamp(values[line]) : null],
        [`open${line}`, index >= lastComplete ? clamp(values[line]) : null],
        [`target${line}`, clamp(targets[line])],
      ]),
    ),
  }))
}

/** The values that determine the axis: complete periods and targets; unfinished periods only when there is nothing else. */
function axisValues(rows: readonly SeriesRow[], lines: number): readonly number[] {
  const of = (chosen: readonly SeriesRow[]) =>
    chosen.flatMap(({ values, targets }) => [...values.slice(0, lines), ...targets.slice(0, lines)]).filter(value => value !== null)
  const complete = of(rows.filter(row => row.complete))
  return complete.length > 0 ? complete : of(rows)
}

/** Releases that came out closer to each other than this part of the range share a label. */
const NEAR = 0.06

/** A vertical line where releases came out, with their versions. */
function markerLines(markers: readonly Marker[], rows: readonly SeriesRow[]) {
  const placed = markers
    .map(({ at, version }) => ({ place: placeOf(at, rows), version }))
    .filter(({ place }) => place >= 0)
    .toSorted((a, b) => a.place - b.place)
  const labels = new Map<number, string[]>()
  let labelled = Number.NEGATIVE_INFINITY
  for (const { place, version } of placed) {
    if (place - labelled > NEAR * (rows.length - 1)) labelled = place
    labels.set(labelled, [...(labels.get(labelled) ?? []), shorten(version)])
  }
  return [...new Set(placed.map(({ place }) => place))].map(place => (
    <ReferenceLine
      key={place}
      x={place}
      stroke="var(--line-strong)"
      strokeDasharray="1 3"
      label={{ value: shorten(labels.get(place)?.join(', ') ?? '', 32), position: 'top', fill: 'var(--muted)', fontSize: 12 }}
    />
  ))
}

function valueLine(name: string, line: number, isDotted: (index: number) => boolean) {
  const colour = `var(--series-${line + 1})`
  return (
    <Line
      key={name}
      type="linear"
      dataKey={`value${line}`}
      name={name}
      stroke={colour}
      strokeWidth={2}
      strokeDasharray={DASHES[line]}
      dot={({ cx, cy, index, value }) =>
        typeof value === 'number' && isDotted(index) ? <circle key={index} cx={cx} cy={cy} r={4} fill={colour} /> : <g key={index} />
      }
      isAnimationActive={false}
    />
  )
}

function targetLine(name: string, line: number, names: readonly string[]) {
  const only = names.length === 1
  return (
    <Line
      key={`target of ${name}`}
      type="linear"
      dataKey={`target${line}`}
      name="Target"
      stroke={only ? 'var(--line-strong)' : `var(--series-${line + 1})`}
      strokeOpacity={only ? 1 : 0.6}
      strokeDasharray={TARGET_DASHES}
      strokeWidth={1.5}
      dot={false}
      activeDot={false}
      isAnimationActive={false}
      connectNulls={false}
    />
  )
}

/** From the last complete period to the unfinished one, which gets the only dot. */
function openLine(name: string, line: number, lastComplete: number) {
  const colour = `var(--series-${line + 1})`
  return (
    <Line
      key={`${name} so far`}
      type="linear"
      dataKey={`open${line}`}
      stroke={colour}
      strokeOpacity={0.5}
      strokeWidth={2}
      strokeDasharray="2 4"
      dot={({ cx, cy, index, value }) =>
        index > lastComplete && value !== null && value !== undefined ? (
          <circle key={index} cx={cx} cy={cy} r={4} fill="var(--surface)" stroke={colour} strokeWidth={2} />
        ) : (
          <g key={index} />
        )
      }
      activeDot={false}
      isAnimationActive={false}
    />
  )
}

interface TipProps {
  readonly row: SeriesRow
  readonly names: readonly string[]
  readonly title: string
  readonly unit: Unit
}

function Tip({ row, names, title, unit }: TipProps) {
  return (
    <div className="tip">
      <p className="quiet">
        {row.span}
        {row.soFar && `, ${row.soFar}`}
      </p>
      {names.map((name, line) => (
        <p key={name}>
          <span className="cut">{name || title}</span> <strong>{formatValue(row.values[line], unit)}</strong>
          {typeof row.targets[line] === 'number' && <span className="quiet"> target {formatValue(row.targets[line], unit)}</span>}
        </p>
      ))}
    </div>
  )
}
