import type { ApiError } from '../api/client.ts'
import { reload } from '../api/store.ts'
import { ErrorMessage, mayPass, Skeleton } from './panel.tsx'

interface PlaceholderProps {
  readonly data: unknown
  readonly error: ApiError | undefined
  /** Path to load again after an error. */
  readonly path: string
  readonly lines: number
  /** Whether a block for a chart precedes the lines. */
  readonly tall?: boolean
}

/** Skeleton while data is loading, or the error, with a button to retry where that may help; nothing once data has arrived. */
export function Placeholder({ data, error, path, lines, tall = false }: PlaceholderProps) {
  if (data) return null
  if (!error) return <Skeleton lines={lines} tall={tall} />
  return <ErrorMessage error={error} {...(mayPass(error) && { onRetry: () => void reload(path) })} />
}
