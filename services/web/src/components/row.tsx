import type { ReactNode } from 'react'

interface RowProps {
  readonly name: ReactNode
  /** Quiet words after the name. */
  readonly note?: ReactNode
  /** A mark or a button at the end of the row. */
  readonly aside?: ReactNode
  readonly children: ReactNode
}

/** An entry of a list with the class `rows`: its name above its details. */
export function Row({ name, note, aside, children }: RowProps) {
  return (
    <li>
      <div>
        <p>
          <strong>{name}</strong>
          {note && <span className="quiet"> {note}</span>}
        </p>
        {children}
      </div>
      {aside}
    </li>
  )
}
