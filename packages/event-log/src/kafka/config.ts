import type { Logger } from '../logger.ts'
import type { KafkaAccess } from './connection.ts'

export interface KafkaLogConfig extends KafkaAccess {
  readonly topic: string
  /** How long a consumer may send no heartbeat before it loses its partitions, ms. Default 10,000. */
  readonly sessionTimeoutMs?: number
  /** Default: a tenth of the session timeout. A consumer notices within this time that another one has joined. */
  readonly heartbeatMs?: number
  /** How long handlers may take to return after their claims were aborted, in ms. Default 20,000. */
  readonly drainTimeoutMs?: number
  /** How long an append is retried, in ms. Default 15,000. */
  readonly appendTimeoutMs?: number
  /** How long a commit is retried, in ms. Default 30,000. */
  readonly commitTimeoutMs?: number
  /** A consumer is unhealthy once it has failed for this long, ms. Default 20,000, since a request without an answer fails only after 10 s. */
  readonly unhealthyAfterMs?: number
  /** Number of bytes that a claim's reader fetches ahead. Default 1 MiB. */
  readonly aheadBytes?: number
  /** Interval at which the topic is checked for new partitions and for having been recreated, ms. Default 15,000. */
  readonly watchEveryMs?: number
  /** How long a record is kept at least, ms; longer while a group needs it. If unset, this process deletes nothing. */
  readonly retentionMs?: number
  /** Records are deleted only after these groups have processed them. The consumers of the first group delete them. */
  readonly groups?: readonly string[]
  /** Interval of deleting, ms. Default 600,000. */
  readonly trimEveryMs?: number
  /** Bytes that may wait to be sent before further appends are refused. Default 64 MiB. */
  readonly maxQueuedBytes?: number
}

export interface KafkaLogDeps {
  readonly logger?: Logger
  readonly now?: () => number
}
