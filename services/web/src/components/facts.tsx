import type { ReactNode } from 'react'

/** A list of names with their values. */
export function Facts({ className = '', children }: { readonly className?: string; readonly children: ReactNode }) {
  return <dl className={`facts ${className}`}>{children}</dl>
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
