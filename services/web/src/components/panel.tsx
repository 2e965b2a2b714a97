import { type ReactNode, useId } from 'react'
import type { ApiError } from '../api/client.ts'
import { Icon } from './icon.tsx'

interface PanelProps {
  readonly title: ReactNode
  readonly width?: 'third' | 'half' | 'full'
  readonly className?: string
  readonly aside?: ReactNode
  readonly children: ReactNode
}

/** A region of the page with its heading. */
export function Panel({ title, width = 'full', className = '', aside, children }: PanelProps) {
  const id = useId()
  return (
    <section className={`panel panel-${width} ${className}`} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  )
}

/** Holds the place of what is being read. */
export function Skeleton({ lines = 3, tall = false }: { readonly lines?: number; readonly tall?: boolean }) {
  return (
    <div className="skeleton" aria-busy="true">
      <span className="sr-only">Loading</span>
      {tall && <div className="skeleton-block" />}
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <div key={line} className="skeleton-line" />
      ))}
    </div>
  )
}

/** What went wrong, and what to do about it. */
export function Trouble({ error, onRetry }: { readonly error: ApiError; readonly onRetry?: () => void }) {
  return (
    <div className="trouble" role="alert">
      <p>
        <Icon name="warning" /> {adviceFor(error)}
      </p>
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          <Icon name="refresh" size={14} /> Try again
        </button>
      )}
    </div>
  )
}

function adviceFor({ status, message }: ApiError): string {
  if (status === 403) return 'Your role may not see this. Whoever runs Northstar can give you another one.'
  if (status === 503) return `${message} It is asked again by itself.`
  if (status >= 500) return 'The server failed on this. The reason is in its log; it is asked again by itself.'
  return message
}
