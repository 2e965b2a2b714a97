import { iso } from '@northstar/catalogue'
export type CollectFailedCode =
  | 'unreachable'
  | 'target_refused'
  | 'not_found'
  | 'moved'
  | 'unauthorized'
  | 'failed'
  | 'unreadable'
  | 'samples_refused'

/** A run ended early. The samples before it are stored. */
export class CollectFailed extends Error {
  readonly code: CollectFailedCode
  readonly retryable = true
  constructor(code: CollectFailedCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CollectFailed'
    this.code = code
  }
}

/** The source asks not to be called before a time. */
export class SourceBusy extends Error {
  readonly code = 'rate_limited'
  readonly retryable = true
  /** Epoch ms. */
  readonly until: number
  constructor(until: number, options?: ErrorOptions) {
    super(`rate limit: the source answers again at ${iso(until)}`, options)
    this.name = 'SourceBusy'
    this.until = until
  }
}
