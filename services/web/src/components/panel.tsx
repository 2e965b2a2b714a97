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

/** A titled region of the page. */
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

/** Grey lines while data is loading. */
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

/** Whether the same request may succeed later: the server was not reached, was busy or failed. */
export const mayPass = ({ status }: ApiError) => status === 0 || status === 429 || status >= 500

/** The message of a failed request. Reads are repeated automatically and by the button; actions of a person are not. */
export function ErrorMessage({ error, onRetry }: { readonly error: ApiError; readonly onRetry?: () => void }) {
  const again = onRetry && mayPass(error) ? ' Retrying automatically.' : ''
  return (
    <div className="trouble" role="alert">
      <p>
        <Icon name="warning" /> {messageFor(error)}
        {again}
      </p>
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          <Icon name="refresh" size={14} /> Try again
        </button>
      )}
    </div>
  )
}

function messageFor({ status, code, message }: ApiError): string {
  if (code === 'forbidden') return 'You do not have permission for this. Ask an administrator for access.'
  if (status >= 500 && status !== 503) return 'The server failed to answer this request; its log has the reason.'
  return message
}
