import { Fragment } from 'react'
import type { Unit } from '../api/types.ts'
import { formatValue } from '../format.ts'
import type { Series } from '../series.ts'

interface PointTableProps {
  readonly series: Series
  readonly unit: Unit
  readonly caption: string
}

export function PointTable({ series, unit, caption }: PointTableProps) {
  const { names, rows, hasTarget } = series
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="table-frame" tabIndex={0} aria-label={caption}>
      <table className="table">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Period</th>
            {names.map(name => (
              <Fragment key={name}>
                <th scope="col" className="number">
                  <span className="cut" title={name}>
                    {name || 'Value'}
                  </span>
                </th>
                {hasTarget && (
                  <th scope="col" className="number">
                    {name && <span className="sr-only">{name} </span>}Target
                  </th>
                )}
              </Fragment>
            ))}
          </tr>
        </thead>
        <tbody>
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
        </tbody>
      </table>
    </section>
  )
}
