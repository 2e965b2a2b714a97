import { useData } from '../api/store.ts'
import type { Alert, AlertChanges, Unit } from '../api/types.ts'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { numbers, Table } from '../components/table.tsx'
import { useProduct } from '../context.ts'
import { Exportable } from '../export/exportable.tsx'
import { formatCount, formatDifference, formatTime, formatValue } from '../format.ts'
import { propertyTitle, ruleTitle, valueTitle } from '../titles.ts'
import { useWithMember } from './member.ts'

type Compared = AlertChanges['properties'][number]
type Measured = Compared['members'][number]['before']

export const changesPath = (fingerprint: string) => `/v1/alerts/${encodeURIComponent(fingerprint)}/changes`

/** Which members of which properties moved the metric most against the time before the alert. */
export function AlertChangesPanel({ alert }: { readonly alert: Alert }) {
  const { metrics, zone } = useProduct()
  const path = changesPath(alert.fingerprint)
  const { data, error } = useData<AlertChanges>(path)
  const unit = alert.unit ?? 'number'
  const title = useWithMember()(metrics.get(alert.metric ?? '')?.title ?? ruleTitle(alert.rule), alert)
  return (
    <Panel title="What changed">
      <Placeholder data={data} error={error} path={path} lines={6} />
      {data && (
        <>
          <p>
            {title}: <strong>{formatValue(data.before.value, unit)}</strong> before, <strong>{formatValue(data.after.value, unit)}</strong>{' '}
            when the alert began. <Leading properties={data.properties} unit={unit} />
          </p>
          <p className="quiet">
            Compared: {formatTime(data.after.from, zone)} – {formatTime(data.after.to, zone)} with {formatTime(data.before.from, zone)} –{' '}
            {formatTime(data.before.to, zone)}.{data.left.length > 0 && ` Not compared: ${data.left.map(propertyTitle).join(', ')}.`}
          </p>
          <Breakdowns file={`alert-${alert.rule}-changes`} properties={data.properties} unit={unit} />
        </>
      )}
    </Panel>
  )
}

const nameOf = ({ property, member }: { readonly property: string; readonly member: string | null }) =>
  member === null ? '(none)' : valueTitle(property, member)

interface TableProps {
  readonly properties: readonly Compared[]
  readonly unit: Unit
}

/** Members that moved the metric at all, the table's rows; a property without any is only named. */
function Breakdowns({ file, properties, unit }: TableProps & { readonly file: string }) {
  const moved = properties.map(({ property, members }) => ({ property, members: members.filter(one => partOf(one, unit) !== null) }))
  const still = moved.filter(({ members }) => members.length === 0)
  if (properties.length === 0) return <p className="quiet">This metric has no property to break it down by.</p>
  return (
    <>
      {still.length < moved.length && <ChangesTable file={file} properties={moved} unit={unit} />}
      {still.length > 0 && (
        <p className="quiet">No difference by {still.map(({ property }) => propertyTitle(property).toLowerCase()).join(', ')}.</p>
      )}
    </>
  )
}

const partOf = ({ contribution }: Compared['members'][number], unit: Unit) => formatDifference(contribution, unit, contribution)

/** The member with the largest contribution of all properties, as a sentence. */
function Leading({ properties, unit }: TableProps) {
  const named = properties.flatMap(({ property, members }) => members.slice(0, 1).map(member => ({ property, ...member })))
  const [top] = named.filter(({ member }) => member !== null).toSorted((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
  const part = top && partOf(top, unit)
  if (!top || !part) return null
  return (
    <>
      Most of it comes from{' '}
      <strong>
        {propertyTitle(top.property).toLowerCase()} {nameOf(top)}
      </strong>{' '}
      ({part}).
    </>
  )
}

const rowsOf = (properties: readonly Compared[]) => [
  ['property', 'member', 'before', 'before_sample', 'after', 'after_sample', 'contribution'],
  ...properties.flatMap(({ property, members }) =>
    members.map(({ member, before, after, contribution }) => [
      property,
      member,
      before.value,
      before.sample,
      after.value,
      after.sample,
      contribution,
    ]),
  ),
]

function ChangesTable({ file, properties, unit }: TableProps & { readonly file: string }) {
  const cell = ({ value, sample }: Measured) => (
    <>
      {formatValue(value, unit)}
      {unit !== 'count' && <span className="quiet"> of {formatCount(sample)}</span>}
    </>
  )
  return (
    <Exportable file={file} title="Members by their part of the change" rows={() => rowsOf(properties)}>
      <Table
        label="Members by their part of the change"
        columns={['Property', 'Member', numbers('Before'), numbers('When it began'), numbers('Part of the change')]}
      >
        {properties.flatMap(({ property, members }) =>
          members.map((one, place) => (
            <tr key={`${property} ${one.member}`}>
              <td>{place === 0 ? propertyTitle(property) : ''}</td>
              <th scope="row" className="change-member">
                {nameOf({ property, member: one.member }).slice(0, 80)}
              </th>
              <td className="number">{cell(one.before)}</td>
              <td className="number">{cell(one.after)}</td>
              <td className="number">{partOf(one, unit)}</td>
            </tr>
          )),
        )}
      </Table>
    </Exportable>
  )
}
