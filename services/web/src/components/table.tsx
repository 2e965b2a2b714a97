import type { ReactNode } from 'react'

export interface Column {
  readonly title: ReactNode
  /** Whether the column is right-aligned; its cells need the class `number` as well. */
  readonly isNumber?: boolean
  /** Tooltip of the title. */
  readonly hint?: string
}

/** A column of numbers. */
export const numbers = (title: ReactNode): Column => ({ title, isNumber: true })

interface TableProps {
  /** Names the table for assistive technology. */
  readonly label: string
  readonly columns: readonly (Column | string)[]
  readonly className?: string
  /** Class of the frame. */
  readonly frame?: string
  /** Rows of the body. */
  readonly children: ReactNode
}

/** A table that scrolls within its frame when it is too wide. */
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
