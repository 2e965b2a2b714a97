import type { ReactNode } from 'react'

export interface Column {
  readonly title: ReactNode
  /** Whether its cells are numbers, at the end of the column; cells then have the class `number` too. */
  readonly isNumber?: boolean
  /** Shown when the pointer rests on the title. */
  readonly hint?: string
}

/** A column of numbers. */
export const numbers = (title: ReactNode): Column => ({ title, isNumber: true })

interface TableProps {
  /** Names the table for assistive technology. */
  readonly label: string
  readonly columns: readonly (Column | string)[]
  readonly className?: string
  /** Class of the frame in which a large table scrolls. */
  readonly frame?: string
  /** Rows of the body. */
  readonly children: ReactNode
}

/** A table in a frame of its own, in which a wide one scrolls. */
export function Table({ label, columns, className = 'table', frame = '', children }: TableProps) {
  const heads = columns.map(column => (typeof column === 'string' ? { title: column } : column))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={`table-frame ${frame}`} tabIndex={0} aria-label={label}>
      <table className={className}>
        <thead>
          <tr>
            {heads.map(({ title, isNumber = false, hint }: Column, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: titles may repeat
              <th key={index} scope="col" className={isNumber ? 'number' : undefined} title={hint}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  )
}
