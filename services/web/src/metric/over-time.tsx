import { useState } from 'react'
import { reload, useAll } from '../api/store.ts'
import type { Definition, MetricAnswer } from '../api/types.ts'
import { Chart, ChartSkeleton } from '../charts/chart.tsx'
import { ErrorMessage, mayPass } from '../components/panel.tsx'
import { PointTable } from '../components/point-table.tsx'
import { useProduct } from '../context.ts'
import { Exportable } from '../export/exportable.tsx'
import { rowsOf } from '../export/series-rows.ts'
import { formatDay } from '../format.ts'
import { addDays, dayOf } from '../period.ts'
import { useMarkers } from '../releases/use-releases.ts'
import { combineSeries, type Series, seriesOf } from '../series.ts'
import { propertyTitle } from '../titles.ts'
import { comparedRelease, PERCENTILES, pathOf, type Question, rangeText } from './question.ts'

interface OverTimeProps {
  readonly definition: Definition
  readonly question: Question
}

/** The metric over the range: one line, a breakdown, all percentiles, or a comparison with the previous range. */
export function OverTime({ definition, question }: OverTimeProps) {
  const { zone } = useProduct()
  const family = question.by === PERCENTILES ? (definition.percentiles ?? []) : []
  const release = comparedRelease(question)
  const isBeside = (question.compare === 'year' || release !== null) && question.by === '' && !definition.segments
  const overrides: Readonly<Record<string, string>> = isBeside ? { compare: question.compare } : {}
  const paths = family.length > 0 ? family.map(({ metric }) => pathOf(metric, question)) : [pathOf(definition.name, question, overrides)]
  const loaded = useAll<MetricAnswer>(paths)
  const [first] = loaded
  const previous = usePrevious(definition, question, first?.data)
  const error = [...loaded, ...previous].find(one => one.error && !one.data)?.error
  const answers = [...loaded, ...previous].flatMap(({ data }) => (data ? [data] : []))
  const [answer] = answers
  if (!answer || answers.length < loaded.length + previous.length)
    return error ? (
      <div className="chart">
        <ErrorMessage error={error} {...(mayPass(error) && { onRetry: () => void Promise.all(paths.map(reload)) })} />
      </div>
    ) : (
      <ChartSkeleton />
    )
  const names = family.length > 0 ? family.map(({ percentile }) => `p${percentile}`) : ['This range', 'Previous range']
  const parts = [
    ...answers.map((one, place) => ({ name: names[place] ?? '', answer: one })),
    ...(isBeside ? [{ name: release === null ? 'A year before' : `Release ${release}`, answer: comparedOf(answer) }] : []),
  ]
  const series = parts.length > 1 ? combineSeries(parts, zone) : seriesOf(answer, zone)
  return <ChartOrTable definition={definition} question={question} answer={answer} series={series} />
}

/** The values that an answer was compared with, as an answer over the same periods. */
const comparedOf = (answer: MetricAnswer): MetricAnswer => ({
  ...answer,
  points: answer.points.map(({ target: _, ...point }) => ({ ...point, value: point.previous })),
})

/** The range of the same length just before the one that is shown; empty without a comparison. */
function usePrevious(definition: Definition, question: Question, shown: MetricAnswer | undefined) {
  const { zone } = useProduct()
  const points = shown?.points ?? []
  const [from, to] = [points[0]?.from, points.at(-1)?.to]
  const wanted = question.compare === 'previous' && question.by === '' && from !== undefined && to !== undefined
  const path = wanted ? pathOf(definition.name, question, rangeBefore(question, Date.parse(from), Date.parse(to), points.length, zone)) : ''
  return useAll<MetricAnswer>(path === '' ? [] : [path])
}

function rangeBefore({ period }: Question, from: number, to: number, count: number, zone: string): { from: string; to: string } {
  if (period === 'hour') return { from: new Date(2 * from - to).toISOString(), to: new Date(from).toISOString() }
  const first = dayOf(from, zone)
  if (period === 'day' || period === 'week') return { from: addDays(first, -count * (period === 'week' ? 7 : 1)), to: first }
  const months = count * { month: 1, quarter: 3, year: 12 }[period]
  const [year = 0, month = 1] = first.split('-').map(Number)
  return { from: new Date(Date.UTC(year, month - 1 - months, 1)).toISOString().slice(0, 10), to: first }
}

/** Explains the hollow point of a chart: `Hollow: so far, 2 of 7 days · `, or that it is empty. */
function openText({ rows }: Series): string {
  if (rows.every(({ values }) => values.every(value => value === null))) return 'No values in this range · '
  const open = rows.findLast(({ complete, values }) => !complete && values.some(value => value !== null))
  return open ? `Hollow: ${open.soFar} · ` : ''
}

interface ChartOrTableProps extends OverTimeProps {
  readonly answer: MetricAnswer
  readonly series: Series
}

function ChartOrTable({ definition, question, answer, series }: ChartOrTableProps) {
  const { zone } = useProduct()
  const [asTable, setAsTable] = useState(false)
  const { points } = answer
  const markers = useMarkers(Date.parse(points[0]?.from ?? ''), Date.parse(points.at(-1)?.to ?? ''))
  const subject = `${definition.title} by ${answer.period}${question.by ? ` and ${propertyTitle(question.by)}` : ''}, ${rangeText(question)}`
  return (
    <Exportable
      file={`${definition.name}${question.by && `-by-${question.by}`}-${dayOf(Date.now(), 'UTC')}`}
      title={subject}
      rows={() => rowsOf(series)}
      before={
        <button type="button" className="button button-small" onClick={() => setAsTable(!asTable)}>
          {asTable ? 'Show chart' : 'Show table'}
        </button>
      }
      after={
        <>
          {markers.length > 0 && (
            <span className="sr-only">Releases: {markers.map(({ version, at }) => `${version} on ${formatDay(at, zone)}`).join(', ')}</span>
          )}
          <span className="quiet">
            {openText(series)}Source: {answer.source === 'live' ? 'live counters' : 'warehouse'} · time zone {answer.timezone}
          </span>
        </>
      }
    >
      {asTable ? (
        <PointTable series={series} unit={definition.unit} caption={subject} />
      ) : (
        <Chart series={series} unit={definition.unit} title={definition.title} markers={markers} />
      )}
    </Exportable>
  )
}
