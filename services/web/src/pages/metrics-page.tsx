import { useState } from 'react'
import type { Definition } from '../api/types.ts'
import { SparkLine } from '../charts/spark-line.tsx'
import { PageHead } from '../components/page-head.tsx'
import { Skeleton } from '../components/panel.tsx'
import { ChangeMark, Status } from '../components/status.tsx'
import { useProduct } from '../context.ts'
import { drawnWeeks, knownValue, useNewestMembers, useNewestWeeks } from '../figure.ts'
import { useFiringAlert } from '../firing.ts'
import { formatSpan, formatValue } from '../format.ts'
import { headlineTitle, memberOf } from '../members.ts'
import { Link } from '../router.tsx'
import { changeOf, membersVerdict, verdictOf } from '../verdict.ts'

const LEVELS = [
  ['north_star', 'North star'],
  ['kpi', 'Key performance indicators'],
  ['supporting', 'Supporting metrics'],
] as const

export function MetricsPage() {
  const { metrics } = useProduct()
  const [search, setSearch] = useState('')
  const found = [...metrics.values()].filter(metric => matches(metric, search))
  return (
    <>
      <PageHead title="All metrics" lead="Values of the last complete week, with their change from the week before.">
        <label className="search">
          <span className="sr-only">Search metrics</span>
          <input type="search" placeholder="Search metrics" value={search} onChange={event => setSearch(event.target.value)} />
        </label>
      </PageHead>
      {found.length === 0 && <p className="panel">No metrics match “{search}”.</p>}
      {LEVELS.map(([level, title]) => (
        <MetricList key={level} title={title} metrics={found.filter(metric => metric.level === level)} />
      ))}
    </>
  )
}

function matches({ name, title, description, owner }: Definition, search: string): boolean {
  const text = [name, title, description, owner].join(' ').toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every(word => text.includes(word))
}

function MetricList({ title, metrics }: { readonly title: string; readonly metrics: readonly Definition[] }) {
  if (metrics.length === 0) return null
  return (
    <section className="metric-list panel">
      <h2>{title}</h2>
      <ul>
        {metrics.map(metric => (
          <MetricRow key={metric.name} metric={metric} />
        ))}
      </ul>
    </section>
  )
}

/** A metric with its last complete week. */
function MetricRow({ metric }: { readonly metric: Definition }) {
  return (
    <li className="metric-row">
      <div className="metric-row-name">
        <Link href={metric.shape === 'cohorts' ? '/retention' : `/metrics/${metric.name}`}>{metric.title}</Link>
        <p className="quiet">{metric.description}</p>
      </div>
      <MetricValue metric={metric} />
    </li>
  )
}

function MetricValue({ metric }: { readonly metric: Definition }) {
  const { zone } = useProduct()
  const { data, error } = useNewestWeeks(metric)
  const alert = useFiringAlert({ metric: metric.name })
  if (!data) return error ? <p className="quiet">{error.message}</p> : <Skeleton lines={1} />
  const index = data.findLastIndex(({ complete }) => complete)
  const [point, before] = [data[index], data[index - 1]]
  const drawn = drawnWeeks(data, '')
  const change = changeOf(point?.value, before?.value, metric.unit)
  const verdict = verdictOf(point, metric, alert)
  // Of a metric that settles later than its week ends, an earlier week is the last complete one.
  const isEarlier = point !== undefined && data.slice(index + 1).some(({ to }) => Date.parse(to) <= Date.now())
  const shown = [headlineTitle(metric), ...(isEarlier ? [formatSpan(point.from, point.to, zone)] : [])].filter(Boolean).join(', ')
  return (
    <>
      <p className="metric-row-value">
        <strong>{formatValue(knownValue(point), metric.unit)}</strong>
        {change && <ChangeMark change={change} />}
        {shown && <span className="quiet">{shown}</span>}
      </p>
      <SparkLine
        points={drawn.map(({ value, complete, target }) => ({ value: complete ? value : null, complete, target: target?.value }))}
        current={drawn.findLastIndex(({ complete }) => complete)}
      />
      <span className="metric-row-status">
        {verdict ? <Status {...verdict} /> : !metric.headline && <MembersStatus metric={metric} from={point?.from} />}
      </span>
    </>
  )
}

/** The status of a metric that has targets for members of a property instead of one for the whole. */
function MembersStatus({ metric, from }: { readonly metric: Definition; readonly from: string | undefined }) {
  const [property, targets = {}] = Object.entries(metric.targets?.by ?? {})[0] ?? []
  const { data } = useNewestMembers(metric, property)
  if (property === undefined || from === undefined) return null
  if (!data) return <span aria-busy="true" />
  const points = new Map(data.filter(point => point.from === from).map(point => [memberOf(point), point]))
  return <Status {...membersVerdict(Object.keys(targets).map(member => points.get(member)))} />
}
