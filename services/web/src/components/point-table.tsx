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
              <th scope="col" key={name} className="number">
                {name || 'Value'}
              </th>
            ))}
            {hasTarget && (
              <th scope="col" className="number">
                Target
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.span}>
              <th scope="row">
                {row.span}
                {!row.complete && <span className="quiet"> (so far)</span>}
              </th>
              {row.values.map((value, place) => (
                <td key={names[place]} className="number">
                  {formatValue(value, unit)}
                </td>
              ))}
              {hasTarget && <td className="number">{formatValue(row.target, unit)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
