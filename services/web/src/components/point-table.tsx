import { Fragment } from 'react'
import type { Unit } from '../api/types.ts'
import { formatValue } from '../format.ts'
import type { Series } from '../series.ts'
import { numbers, Table } from './table.tsx'

interface PointTableProps {
  readonly series: Series
  readonly unit: Unit
  readonly caption: string
}

export function PointTable({ series, unit, caption }: PointTableProps) {
  const { names, rows, hasTarget } = series
  const columns = names.flatMap(name => [
    numbers(
      <span className="cut" title={name}>
        {name || 'Value'}
      </span>,
    ),
    ...(hasTarget ? [numbers(<>{name && <span className="sr-only">{name} </span>}Target</>)] : []),
  ])
  return (
    <Table label={caption} columns={['Period', ...columns]}>
      {rows.map(row => (
        <tr key={row.span}>
          <th scope="row">
            {row.span}
            {row.soFar && <span className="quiet"> ({row.soFar})</span>}
          </th>
          {row.values.map((value, index) => (
            <Fragment key={names[index]}>
              <td className="number">{formatValue(value, unit)}</td>
              {hasTarget && <td className="number">{formatValue(row.targets[index], unit)}</td>}
            </Fragment>
          ))}
        </tr>
      ))}
    </Table>
  )
}
