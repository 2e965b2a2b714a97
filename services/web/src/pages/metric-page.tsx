import { lazy, Suspense, useState } from 'react'
import { reload, useAll, useData } from '../api/store.ts'
import type { Definition, MetricAnswer, SeriesPoint } from '../api/types.ts'
import { CopyBlock } from '../components/copy-block.tsx'
import { ErrorMessage, Panel, Skeleton } from '../components/panel.tsx'
import { PointTable } from '../components/point-table.tsx'
import { Segments } from '../components/segments.tsx'
import { ChangeMark, Status } from '../components/status.tsx'
import { useProduct } from '../context.ts'
import { formatDate, formatSpan, formatValue, humanize } from '../format.ts'
import { Link, useParameter } from '../router.tsx'
import { combineSeries, type Series, seriesOf } from '../series.ts'
import { changeOf, targetText, verdictOf } from '../verdict.ts'
import { NotFoundPage } from './not-found-page.tsx'

const MetricChart = lazy(async () => ({ default: (await import('../charts/metric-chart.tsx')).MetricChart }))

const PERIODS = [
  ['hour', 'Hours'],
  ['day', 'Days'],
  ['week', 'Weeks'],
  ['month', 'Months'],
] as const

export function MetricPage({ name }: { readonly name: string }) {
  const { metrics } = useProduct()
  const definition = metrics.get(name)
  return definition ? <MetricView definition={definition} /> : <NotFoundPage />
}

/** The value of `by` that shows all percentiles of a distribution instead of a breakdown. */
const PERCENTILES = 'percentiles'

function MetricView({ definition }: { readonly definition: Definition }) {
  const [period, setPeriod] = useParameter('period')
  const [by, setBy] = useParameter('by')
  const family = by === PERCENTILES ? (definition.percentiles ?? []) : []
  const asked = { period: period ?? 'week', ...(by && family.length === 0 && { by }) }
  const query = queryOf(definition.name, asked)
  const { data, error } = useData<MetricAnswer>(query)
  const breakdowns =
    definition.shape === 'cohorts'
      ? []
      : [...new Set([...definition.by, ...(definition.segments === undefined ? [] : [definition.segments])])]
  if ((definition.percentiles?.length ?? 0) > 1) breakdowns.unshift(PERCENTILES)
  return (
    <>
      <header className="page-head">
        <div>
          <p className="quiet">
            <Link href="/metrics">Metrics</Link>
          </p>
          <h1>{definition.title}</h1>
          <p className="lead">{definition.description}</p>
        </div>
      </header>
      <div className="grid">
        <Latest definition={definition} />
        <About definition={definition} />
        <Panel
          title="Over time"
          aside={
            <div className="controls">
              {breakdowns.length > 0 && (
                <Segments
                  name="by"
                  label="Break down by"
                  value={by ?? ''}
                  options={[['', 'Total'], ...breakdowns.map(one => [one, humanize(one)] as const)]}
                  onChange={value => setBy(value || null)}
                />
              )}
              <Segments
                name="period"
                label="Period"
                value={period ?? 'week'}
                options={PERIODS}
                onChange={value => setPeriod(value === 'week' ? null : value)}
              />
            </div>
          }
        >
          {family.length > 0 ? (
            <Percentiles definition={definition} family={family} period={asked.period} />
          ) : data ? (
            <OverTime definition={definition} answer={data} by={by} />
          ) : (
            <ChartPlaceholder error={error && (() => <ErrorMessage error={error} onRetry={() => void reload(query)} />)} />
          )}
        </Panel>
        <Sql query={query} />
      </div>
    </>
  )
}

function ChartPlaceholder({ error }: { readonly error?: () => React.ReactNode }) {
  return <div className="chart">{error ? error() : <Skeleton tall lines={2} />}</div>
}

const queryOf = (metric: string, parameters: Readonly<Record<string, string>>) => `/v1/metrics/${metric}?${new URLSearchParams(parameters)}`

interface OverTimeProps {
  readonly definition: Definition
  readonly answer: MetricAnswer
  readonly by: string | null
}

function OverTime({ definition, answer, by }: OverTimeProps) {
  const { zone } = useProduct()
  return <ChartOrTable definition={definition} answer={answer} series={seriesOf(answer, zone)} by={by} />
}

interface PercentilesProps {
  readonly definition: Definition
  readonly family: NonNullable<Definition['percentiles']>
  readonly period: string
}

/** All percentiles of one distribution, a line each. */
function Percentiles({ definition, family, period }: PercentilesProps) {
  const { zone } = useProduct()
  const paths = family.map(({ metric }) => queryOf(metric, { period }))
  const loaded = useAll<MetricAnswer>(paths)
  const error = loaded.find(one => one.error && !one.data)?.error
  const parts = family.flatMap(({ percentile }, place) => {
    const answer = loaded[place]?.data
    return answer ? [{ name: `p${percentile}`, answer }] : []
  })
  const [first] = parts
  if (!first || parts.length < family.length)
    return <ChartPlaceholder error={error && (() => <ErrorMessage error={error} onRetry={() => void Promise.all(paths.map(reload))} />)} />
  return <ChartOrTable definition={definition} answer={first.answer} series={combineSeries(parts, zone)} by={PERCENTILES} />
}

interface ChartOrTableProps extends OverTimeProps {
  readonly series: Series
}

function ChartOrTable({ definition, answer, series, by }: ChartOrTableProps) {
  const [asTable, setAsTable] = useState(false)
  return (
    <>
      {asTable ? (
        <PointTable
          series={series}
          unit={definition.unit}
          caption={`${definition.title} by ${answer.period}${by ? ` and ${humanize(by)}` : ''}`}
        />
      ) : (
        <Suspense fallback={<ChartPlaceholder />}>
          <MetricChart series={series} unit={definition.unit} title={definition.title} />
        </Suspense>
      )}
      <p className="below-chart">
        <button type="button" className="button button-small" onClick={() => setAsTable(!asTable)}>
          {asTable ? 'Show chart' : 'Show table'}
        </button>
        <span className="quiet">
          Source: {answer.source === 'live' ? 'live counters' : 'warehouse'} · time zone {answer.timezone}
        </span>
      </p>
    </>
  )
}

function Latest({ definition }: { readonly definition: Definition }) {
  const { zone } = useProduct()
  const path = `/v1/metrics/${definition.name}?period=week&compare=previous`
  const { data } = useData<MetricAnswer>(definition.shape === 'cohorts' ? null : path)
  const points: readonly SeriesPoint[] = data?.points.filter(({ by }) => !by) ?? []
  const point = points.findLast(({ complete }) => complete) ?? points.at(-1)
  const change = changeOf(point?.value, point?.previous, definition)
  const verdict = verdictOf(point, definition)
  return (
    <Panel
      title={point ? `${point.complete ? 'Last full week' : 'This week so far'}, ${formatSpan(point.from, point.to, zone)}` : 'Last week'}
      width="half"
    >
      <div className="value-row">
        <p className="hero-value">{formatValue(point?.value, definition.unit)}</p>
        {change && <ChangeMark change={change} since="from the previous week" />}
      </div>
      <p className="value-facts">
        <span>{point?.target ? `Target ${targetText(point.target, definition.unit)}` : 'No target'}</span>
        {verdict && <Status {...verdict} />}
      </p>
      {point && <p className="quiet">Based on {formatValue(point.sample, 'count')} observations.</p>}
    </Panel>
  )
}

const LEVELS = { north_star: 'North star', kpi: 'Key performance indicator', supporting: 'Supporting metric' } as const

function About({ definition }: { readonly definition: Definition }) {
  const { launch } = useProduct()
  const { why, owner, level, indicator, goal, unit, kind, name } = definition
  return (
    <Panel title="About this metric" width="half">
      <dl className="facts">
        {why && <Fact name="Why it matters">{why}</Fact>}
        {owner && <Fact name="Owner">{owner}</Fact>}
        <Fact name="Level">
          {LEVELS[level]}
          {indicator && `, a ${indicator} indicator`}
        </Fact>
        {goal && (
          <Fact name="Goal">
            {formatValue(goal.value, unit)}
            {goal.date > launch && ` by ${formatDate(`${goal.date}T12:00:00Z`, 'UTC')}`}
          </Fact>
        )}
        <Fact name="API name">
          <code>{name}</code> ({humanize(kind).toLowerCase()}
          {definition.public ? ', public' : ''})
        </Fact>
      </dl>
    </Panel>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** The query behind the chart. */
function Sql({ query }: { readonly query: string }) {
  const [path, parameters] = query.split('?')
  const { data } = useData<{ readonly sql: string }>(`${path}/sql?${parameters ?? ''}`)
  if (!data) return null
  return (
    <Panel title="SQL query">
      <CopyBlock text={data.sql} label="Copy the query" />
    </Panel>
  )
}
