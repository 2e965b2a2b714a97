import { useData } from '../api/store.ts'
import type { CohortPoint, Definition, MetricAnswer } from '../api/types.ts'
import { Placeholder } from '../components/placeholder.tsx'
import { ChangeMark } from '../components/status.tsx'
import { numbers, Table } from '../components/table.tsx'
import { Exportable } from '../export/exportable.tsx'
import { formatCount, formatDay, formatPercent, humanize } from '../format.ts'
import { memberNames, OTHER } from '../members.ts'
import { soFarText } from '../period.ts'
import { MAX_LINES } from '../series.ts'
import { changeOf } from '../verdict.ts'
import { Controls } from './controls.tsx'
import { pathOf, type Question } from './question.ts'

interface CohortsProps {
  readonly metric: Definition
  readonly question: Question
  readonly onChange: Parameters<typeof Controls>[0]['onChange']
}

/** A cohort metric by its question: the shares of each cohort as a matrix, with their changes from the cohort that it is compared with. */
export function Cohorts({ metric, question, onChange }: CohortsProps) {
  const path = pathOf(metric.name, question, question.compare === '' ? {} : { compare: question.compare })
  const { data, error } = useData<MetricAnswer>(path)
  return (
    <>
      <Controls definition={metric} question={question} onChange={onChange} />
      {data ? (
        <HeatMaps name={metric.name} period={question.period} points={data.points.filter(point => 'cohort' in point)} />
      ) : (
        <Placeholder data={data} error={error} path={path} lines={6} />
      )}
    </>
  )
}

/** One matrix, or of a breakdown one for each of its largest members. */
function HeatMaps({ name, period, points }: Omit<HeatMapProps, 'label'>) {
  const nameOf = memberNames(points)
  const members = new Map<string, CohortPoint[]>()
  for (const point of points) members.set(nameOf(point), [...(members.get(nameOf(point)) ?? []), point])
  const sizeOf = (own: readonly CohortPoint[]) => own.reduce((sum, point) => sum + (point.offset === 0 ? point.sample : 0), 0)
  const largest = [...members]
    .filter(([member]) => member !== OTHER)
    .toSorted(([, a], [, b]) => sizeOf(b) - sizeOf(a))
    .slice(0, MAX_LINES)
  if (!points.some(({ by }) => by)) return <HeatMap name={name} label="Cohort matrix" period={period} points={points} />
  return largest.map(([member, own]) => (
    <div key={member} className="heat-member">
      <h3>{member}</h3>
      <HeatMap name={`${name}-${member}`} label={`Cohort matrix, ${member}`} period={period} points={own} />
    </div>
  ))
}

interface HeatMapProps {
  readonly name: string
  readonly label: string
  readonly period: Question['period']
  readonly points: readonly CohortPoint[]
}

function HeatMap({ name, label, period, points }: HeatMapProps) {
  const cohorts = [...new Set(points.map(({ cohort }) => cohort))]
  const offsets = [...new Set(points.map(({ offset }) => offset))].sort((a, b) => a - b)
  const at = new Map(points.map(point => [`${point.cohort}+${point.offset}`, point]))
  const targets = new Map(points.flatMap(({ offset, target }) => (target ? [[offset, target.value] as const] : [])))
  const rows = () => [
    ['cohort', period, 'value', 'users', 'complete', 'compared_with'],
    ...points.map(({ cohort, offset, value, sample, complete, previous }) => [cohort, offset, value, sample, complete, previous]),
  ]
  if (points.every(({ sample }) => sample === 0)) return <p className="quiet">No users in this range.</p>
  return (
    <Exportable file={name} title={label} rows={rows} after={<Legend points={points} />}>
      <Table
        label={label}
        className="heat"
        columns={['Cohort', numbers('Users'), ...offsets.map(offset => `${humanize(period)} ${offset}`)]}
      >
        {cohorts.map(cohort => (
          <tr key={cohort}>
            <th scope="row">{formatDay(`${cohort}T12:00:00Z`, 'UTC')}</th>
            <td className="number">{formatCount(at.get(`${cohort}+0`)?.sample ?? 0)}</td>
            {offsets.map(offset => (
              <Cell key={offset} point={at.get(`${cohort}+${offset}`)} />
            ))}
          </tr>
        ))}
        {targets.size > 0 && (
          <tr className="heat-target">
            <th scope="row">Target</th>
            <td />
            {offsets.map(offset => {
              const target = targets.get(offset)
              return <td key={offset}>{target === undefined ? '' : formatPercent(target)}</td>
            })}
          </tr>
        )}
      </Table>
    </Exportable>
  )
}

const isBehind = ({ complete, target }: CohortPoint) => complete && target?.status === 'behind'

/** Explains the marks that occur in the cells. */
function Legend({ points }: { readonly points: readonly CohortPoint[] }) {
  const marks = [
    ...(points.some(({ complete, value }) => !complete && value !== null) ? ['Hatched: so far, the period has not ended'] : []),
    ...(points.some(isBehind) ? ['▾ below its target'] : []),
  ]
  return marks.length > 0 && <span className="quiet">{marks.join(' · ')}</span>
}

function Cell({ point }: { readonly point: CohortPoint | undefined }) {
  if (!point || point.value === null) return <td />
  const { value, complete } = point
  const change = point.offset > 0 ? changeOf(value, point.previous, 'ratio') : null
  return (
    <td
      className={complete ? 'heat-cell' : 'heat-cell heat-open'}
      style={{ '--heat': `${Math.round(value * 55)}%` } as React.CSSProperties}
    >
      {formatPercent(value)}
      {complete && change && <ChangeMark change={change} />}
      {isBehind(point) && (
        <span title="below its target">
          <span aria-hidden="true"> ▾</span>
          <span className="sr-only"> below its target</span>
        </span>
      )}
      {!complete && <span className="sr-only"> {soFarText(point)}</span>}
    </td>
  )
}
