import type { ApiError } from '../api/client.ts'
import { reload } from '../api/store.ts'
import { ErrorMessage, Skeleton } from './panel.tsx'

interface PlaceholderProps {
  readonly data: unknown
  readonly error: ApiError | undefined
  /** Path that the button after an error reads again. */
  readonly path: string
  readonly lines: number
  /** Whether a block for a chart precedes the lines. */
  readonly tall?: boolean
}

/** Stands for an answer until it has arrived: grey lines, or the error with a button to try again. */
export function Placeholder({ data, error, path, lines, tall = false }: PlaceholderProps) {
  if (data) return null
  return error ? <ErrorMessage error={error} onRetry={() => void reload(path)} /> : <Skeleton lines={lines} tall={tall} />
}
