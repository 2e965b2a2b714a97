import { useData } from '../api/store.ts'
import type { Definition, MetricAnswer, SeriesPoint } from '../api/types.ts'
import { Panel, Skeleton } from '../components/panel.tsx'
import { ChangeMark, Status } from '../components/status.tsx'
import { UnknownLine } from '../components/unknown-line.tsx'
import { useProduct } from '../context.ts'
import { useFiringAlert } from '../firing.ts'
import { formatCount, formatSpan, formatValue } from '../format.ts'
import { memberOf } from '../members.ts'
import { soFarText } from '../period.ts'
import { propertyTitle, valueTitle } from '../titles.ts'
import { changeOf, countMet, targetText, verdictOf } from '../verdict.ts'
import { Parts } from './parts.tsx'

/** The last complete week with its change, target and sample, and members with targets of their own. */
export function Latest({ definition }: { readonly definition: Definition }) {
  const { zone } = useProduct()
  const { data } = useData<MetricAnswer>(`/v1/metrics/${definition.name}?period=week&compare=previous`)
  const point = latestOf(data, definition.segments !== undefined)
  return (
    <Panel
      title={
        point
          ? `${point.complete ? 'Last full week' : 'This week'}, ${[formatSpan(point.from, point.to, zone), soFarText(point)].filter(Boolean).join(', ')}`
          : 'Latest value'
      }
      width="half"
    >
      <div className="latest">
        {!data ? (
          <Skeleton tall lines={2} />
        ) : definition.segments ? (
          <Parts definition={definition} points={data.points.filter(({ from }) => from === point?.from)} />
        ) : (
          <Value definition={definition} point={point} />
        )}
      </div>
      <UnknownLine unknown={data?.unknown} />
      {Object.keys(definition.targets?.by ?? {}).map(property => (
        <MemberTargets key={property} definition={definition} property={property} />
      ))}
    </Panel>
  )
}

interface ValueProps {
  readonly definition: Definition
  readonly point: SeriesPoint | undefined
}

function Value({ definition, point }: ValueProps) {
  const alert = useFiringAlert({ metric: definition.name })
  const change = changeOf(point?.value, point?.previous, definition.unit)
  const verdict = verdictOf(point, definition, alert)
  const since = point?.complete ? 'from the previous week' : 'from the same days of the previous week'
  return (
    <>
      <div className="value-row">
        <p className="hero-value">{formatValue(point?.value, definition.unit)}</p>
        {change && <ChangeMark change={change} since={since} />}
      </div>
      <p className="cluster value-facts">
        <span>{point?.target ? `Target ${targetText(point.target, definition.unit)}` : point ? 'No overall target' : 'No data'}</span>
        {verdict && <Status {...verdict} />}
      </p>
      {point && point.sample > 0 && <p className="quiet">Sample: {formatCount(point.sample)}</p>}
    </>
  )
}

/** The last complete point with a value, or else the running one; of a metric with parts of its own, that of some part. */
function latestOf(answer: MetricAnswer | undefined, hasParts: boolean): SeriesPoint | undefined {
  const points = answer?.points.filter(({ by, value }) => (hasParts || !by) && value !== null)
  return points?.findLast(({ complete }) => complete) ?? points?.at(-1)
}

/** `2 of 3 met, 1 without enough data`. */
function metText(points: readonly (SeriesPoint | undefined)[]): string {
  const { met, judged } = countMet(points)
  const unjudged = points.length - judged
  return `${formatCount(met)} of ${formatCount(judged)} met${unjudged > 0 ? `, ${formatCount(unjudged)} without enough data` : ''}`
}

/** The members that have their own target, each with its value and status. Rows are known before the values are loaded. */
function MemberTargets({ definition, property }: { readonly definition: Definition; readonly property: string }) {
  const { data } = useData<MetricAnswer>(`/v1/metrics/${definition.name}?period=week&by=${property}`)
  const latest = data?.points.findLast(({ complete }) => complete) ?? data?.points.at(-1)
  const points = new Map(data?.points.filter(({ from }) => from === latest?.from).map(point => [memberOf(point), point]))
  const targets = Object.entries(definition.targets?.by[property] ?? {})
  return (
    <>
      <p className="quiet">
        Targets by {propertyTitle(property).toLowerCase()}: {data ? metText(targets.map(([member]) => points.get(member))) : ''}
      </p>
      <ul className="figures" aria-busy={!data}>
        {targets.map(([member, target]) => {
          const point = points.get(member)
          const verdict = verdictOf(point, definition)
          return (
            <li key={member} className="figure">
              <span className="figure-name">{valueTitle(property, member)}</span>
              <span className="figure-value">{formatValue(point?.value, definition.unit)}</span>
              <span className="figure-beside">
                <span className="figure-target">Target {targetText(target, definition.unit)}</span>
              </span>
              <span className="figure-status">{verdict && <Status {...verdict} />}</span>
            </li>
          )
        })}
      </ul>
    </>
  )
}
