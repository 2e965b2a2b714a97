/**
 * The port to the event log: an append-only, partitioned, durable sequence of records that independent consumer groups read.
 */

/** A record to append. The caller chooses the partition. */
export interface LogRecord {
  readonly partition: number
  readonly value: Uint8Array
  readonly headers: Readonly<Record<string, Uint8Array>>
}

/** Why a record is not valid. Such a record was written by another client than ingest. */
export type RecordFault = 'header_repeated' | 'header_without_value' | 'no_value'

/** A record as stored in the log. */
export interface StoredRecord extends LogRecord {
  /** Position in the partition: 0 for the first record, then one more for each record. */
  readonly offset: number
  /** Time of the append, epoch milliseconds. It never decreases within a partition. */
  readonly appendedAt: number
  /** Set if `headers` or `value` could not be represented. `headers` are then empty. */
  readonly fault?: RecordFault
}

/** A group's position in a partition, as the group itself stores it. */
export interface LogPosition {
  /** The log's {@link EventLog.incarnation}. */
  readonly log: string
  /** The next offset to process. */
  readonly offset: number
  /** Time of the append of the newest record that was processed, epoch ms; 0 if none was. It shows whether a log has lost records since. */
  readonly lastAt: number
}

/** Records [from, to) that retention deleted before the reader reached them. */
export interface Hole {
  readonly from: number
  readonly to: number
}

/** A group's commit for a partition. */
export interface Commit {
  /** The next offset to process: everything before it is done. */
  readonly offset: number
  /** Free text stored with the offset and passed to the next consumer of the partition. At most 4,000 characters. */
  readonly metadata: string
  /** The oldest offset that the group reads again after a restart, if that is before `offset`. Retention deletes nothing from there on. */
  readonly keepFrom?: number
}

/** The limits of one read. */
export interface ReadLimit {
  /** Maximum size of the values. At least one record is returned. Default 1 MiB. */
  readonly maxBytes?: number
  /** How long to gather after the first record has arrived, ms. Default 0: only available records. */
  readonly lingerMs?: number
  /** Stop gathering when nothing more has arrived for this long, ms. Default: gather for all of `lingerMs`. */
  readonly quietMs?: number
  /** Return no record at or past this offset, but wait for one before it. A reader that has reached the offset returns `[]`. */
  readonly before?: number
  /** Return `[]` when nothing has arrived for this long, ms. */
  readonly idleMs?: number
}

/** Reads one partition forwards. */
export interface PartitionReader {
  /**
   * The next records in order; `[]` once the claim has ended (see {@link PartitionClaim.signal}) or after `idleMs`. Rejects with
   * {@link LogChanged} if the log ends before the reader's offset or no longer has the records that were read.
   */
  next(limit?: ReadLimit): Promise<readonly StoredRecord[]>
  /** The holes that were found since the last call. */
  takeHoles(): readonly Hole[]
}

/**
 * One consumer's right to one partition between two rebalances. A partition that the same consumer keeps after a rebalance is claimed
 * again.
 */
export interface PartitionClaim {
  readonly partition: number
  /** The group's commit when the partition was claimed; null if there was none. */
  readonly committed: Commit | null
  /** The oldest offset that the log still holds. */
  readonly earliest: number
  /** Aborted when the partition is lost or the consumer stops. Readers then return `[]`. */
  readonly signal: AbortSignal
  /**
   * Reads from `offset`, or from the oldest record kept if that is later. Ends the previous reader of the claim.
   */
  read(offset: number): PartitionReader
  /**
   * Stores a commit durably. Rejects with {@link PartitionLost} if another consumer has the partition: only the broker's answer shows this
   * reliably, since a process may have been suspended. A broker that failed before it answered may have stored the commit of a rejected
   * call; `committed` of the next claim then contains it.
   */
  commit(commit: Commit): Promise<void>
}

export interface ConsumerHealth {
  readonly healthy: boolean
  /** A sentence for operators: the consumer's activity, or why it is unhealthy. */
  readonly reason: string
}

export interface Consumer {
  health(): ConsumerHealth
  /** Rejects if the consumer can no longer work (a handler threw, rights are missing). Resolves only after {@link stop}. */
  readonly failed: Promise<void>
  /** Aborts every claim, waits until their handlers have settled, and leaves the group. May be called again. */
  stop(): Promise<void>
}

export interface ConsumeOptions {
  readonly group: string
  /**
   * The handler, called for every claimed partition. It works until `claim.signal` aborts, then returns; it may still commit while it
   * finishes. A rejection with {@link PartitionLost} or {@link LogChanged} ends the claim, and partitions are claimed again. The consumer
   * fails if the handler rejects with anything else, returns before its claim has ended, or does not return afterwards.
   */
  readonly run: (claim: PartitionClaim) => Promise<void>
}

/** Offsets of a partition: `earliest` is the oldest record kept, `next` the offset that the next record will have. */
export interface PartitionBounds {
  readonly partition: number
  readonly earliest: number
  readonly next: number
}

export interface EventLog {
  readonly partitions: number
  /** A random id that is created with the log: a log that was lost and created again has another one. `[A-Za-z0-9_-]`, at most 32 characters. */
  incarnation(): Promise<string>
  /** Resolves once every record is durable (on disk, `acks=all`). After a rejection with {@link LogUnavailable}, none, some or all may be durable. */
  append(records: readonly LogRecord[]): Promise<void>
  consume(options: ConsumeOptions): Promise<Consumer>
  /** Reads every record of a partition from `offset`, or from the first one appended at or after `time`, to its present end. No group is involved. */
  scan(partition: number, from: { readonly offset: number } | { readonly time: number }): AsyncIterable<StoredRecord>
  bounds(): Promise<readonly PartitionBounds[]>
  /** A group's commits, by partition. */
  commits(group: string): Promise<ReadonlyMap<number, Commit>>
  health(): Promise<ConsumerHealth>
  /**
   * Rewrites the whole log with some records replaced, so that no byte of the replaced records is left in its files. `replace` returns the
   * new value and headers of a record, or null to keep it. Appends continue meanwhile. A second call rejects while the first is running.
   * Absent if a server stores the log.
   */
  readonly rewrite?: (replace: (record: StoredRecord) => Pick<LogRecord, 'value' | 'headers'> | null) => Promise<void>
  /**
   * Copies the present log and the commits of its groups into a folder where it can be opened. Appends continue meanwhile. Absent if a
   * server stores the log.
   */
  readonly copyTo?: (folder: string) => Promise<void>
  close(): Promise<void>
}

/** The claim has ended: the handler must stop at once and write nothing more. */
export class PartitionLost extends Error {
  readonly code = 'partition_lost'
  readonly retryable = false
  readonly partition: number
  constructor(partition: number, options?: ErrorOptions) {
    super(`partition ${partition} belongs to another consumer now`, options)
    this.partition = partition
    this.name = 'PartitionLost'
  }
}

/** The log was replaced or has lost records since a reader began. The partition must be claimed again and the positions compared. */
export class LogChanged extends Error {
  readonly code = 'log_changed'
  readonly retryable = false
  readonly partition: number
  constructor(partition: number, reason: string, options?: ErrorOptions) {
    super(`partition ${partition} of the event log has changed: ${reason}`, options)
    this.partition = partition
    this.name = 'LogChanged'
  }
}

/** `log_full`: the log has reached its maximum size and a group still needs every record. `disk_full`: only the disk's reserve is left. */
export type LogUnavailableCode = 'log_unavailable' | 'log_full' | 'disk_full'

/** The log cannot append or return records at the moment. */
export class LogUnavailable extends Error {
  readonly code: LogUnavailableCode
  readonly retryable = true
  constructor(reason: string, options?: ErrorOptions & { readonly code?: LogUnavailableCode }) {
    super(`the event log is unavailable: ${reason}`, options)
    this.code = options?.code ?? 'log_unavailable'
    this.name = 'LogUnavailable'
  }
}
