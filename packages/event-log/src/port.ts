/**
 * The port to the event log: an append-only, partitioned, durable sequence of records, read by independent consumer groups.
 */

/** A record to append. The caller chooses the partition. */
export interface LogRecord {
  readonly partition: number
  readonly value: Uint8Array
  readonly headers: Readonly<Record<string, Uint8Array>>
}

/** Why a record cannot come from this product's ingest: another client wrote it. */
export type RecordFault = 'header_repeated' | 'header_without_value' | 'no_value'

/** A record as stored in the log. */
export interface StoredRecord extends LogRecord {
  /** Position in the partition: starts at 0, grows by 1 a record. */
  readonly offset: number
  /** When the log took it, epoch milliseconds. Never falls within a partition. */
  readonly appendedAt: number
  /** Set where `headers` or `value` could not be kept as the port has them. Headers are empty then. */
  readonly fault?: RecordFault
}

/** A group's position in a partition, as the group itself stores it. */
export interface LogPosition {
  /** The log's {@link EventLog.incarnation}. */
  readonly log: string
  /** The next offset to process. */
  readonly offset: number
  /** When the log took the newest record that was processed, epoch ms; 0 where none was. Distinguishes a log that lost records from one that did not. */
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
  /** The oldest offset that the group reads again after a restart, where that is before `offset`. Retention deletes nothing from there on. */
  readonly keepFrom?: number
}

/** The limits of one read. */
export interface ReadLimit {
  /** Stop gathering at this many bytes of values (but return at least one record). Default 1 MiB. */
  readonly maxBytes?: number
  /** How long to gather after the first record has arrived, ms. Default 0: only what is available. */
  readonly lingerMs?: number
  /** Stop gathering when nothing more has arrived for this long, ms. Default: gather for all of `lingerMs`. */
  readonly quietMs?: number
  /** Return no record at or past this offset. Waits for at least one record before it; returns `[]` when the reader is at or past it. */
  readonly before?: number
  /** Return `[]` when nothing has arrived for this long, ms. */
  readonly idleMs?: number
}

/** Reads one partition forwards. */
export interface PartitionReader {
  /**
   * The next records in order; `[]` once the claim has ended (see {@link PartitionClaim.signal}) or after `idleMs`. Rejects with
   * {@link LogChanged} where the log ends before the reader's offset, or no longer holds what was read from it.
   */
  next(limit?: ReadLimit): Promise<readonly StoredRecord[]>
  /** The holes met since the last call. */
  takeHoles(): readonly Hole[]
}

/**
 * One consumer's right to one partition, from one rebalance to the next. A partition that stays with the same consumer
 * over a rebalance is claimed anew.
 */
export interface PartitionClaim {
  readonly partition: number
  /** The group's commit when the partition was claimed; null when there was none. */
  readonly committed: Commit | null
  /** The oldest offset that the log still holds. */
  readonly earliest: number
  /** Aborted when the partition is lost or the consumer stops. A reader then answers `[]`. */
  readonly signal: AbortSignal
  /**
   * Reads from `offset` (or from the oldest record kept, where that is later). One reader a claim: an earlier one ends.
   */
  read(offset: number): PartitionReader
  /**
   * Commits, durably. Rejects with {@link PartitionLost} when another consumer has the partition. Only the broker's answer is a reliable
   * fence, since a process that was suspended cannot know by itself. A rejected commit may have been stored nonetheless, by a broker
   * that died before its answer: `committed` of the next claim shows it.
   */
  commit(commit: Commit): Promise<void>
}

export interface ConsumerHealth {
  readonly healthy: boolean
  /** One sentence for people: the consumer's activity, or why it is unhealthy. */
  readonly reason: string
}

export interface Consumer {
  health(): ConsumerHealth
  /** Rejects when the consumer can no longer work (a handler threw, rights are missing). Never resolves before {@link stop} has. */
  readonly failed: Promise<void>
  /** Aborts every claim, waits until their handlers have settled, leaves the group. Twice is harmless. */
  stop(): Promise<void>
}

export interface ConsumeOptions {
  readonly group: string
  /**
   * Called for every claimed partition; works until `claim.signal` aborts, then returns (it may still commit while it finishes).
   * A rejection with {@link PartitionLost} or {@link LogChanged} ends the claim, and partitions are claimed anew; any other rejection fails the consumer, and so does a handler
   * that returns before its claim has ended or that does not return after.
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
  /** A random id made with the log: another one after the log was lost and made again. `[A-Za-z0-9_-]`, at most 32 characters. */
  incarnation(): Promise<string>
  /** Resolves once every record is durable (on disk, `acks=all`). Rejects with {@link LogUnavailable}; then none, some or all may be durable. */
  append(records: readonly LogRecord[]): Promise<void>
  consume(options: ConsumeOptions): Promise<Consumer>
  /** Every record of a partition from `offset` (or from the first one appended at or after `time`) to the end as it is now. Outside any group. */
  scan(partition: number, from: { readonly offset: number } | { readonly time: number }): AsyncIterable<StoredRecord>
  bounds(): Promise<readonly PartitionBounds[]>
  /** A group's commits, by partition. */
  commits(group: string): Promise<ReadonlyMap<number, Commit>>
  health(): Promise<ConsumerHealth>
  /**
   * Rewrites the whole log with some records replaced, so that its files hold no byte of the replaced ones. `replace` returns the
   * new value and headers of a record, or null where it stays. Appends go on meanwhile; of two calls at once the second rejects. Absent
   * where the log is a server's.
   */
  readonly rewrite?: (replace: (record: StoredRecord) => Pick<LogRecord, 'value' | 'headers'> | null) => Promise<void>
  /**
   * Copies the log as it is now, with what its groups have committed, into a folder where it can be opened. Appends go on meanwhile.
   * Absent where the log is a server's.
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

/** The log is not the one, or no longer as long as the one, that a reader began with: claim the partition again and compare positions. */
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

/** `log_full`: the bound on bytes is reached and every record is still needed by a group. `disk_full`: the reserve of the disk is reached. */
export type LogUnavailableCode = 'log_unavailable' | 'log_full' | 'disk_full'

/** The log cannot append or return records now. */
export class LogUnavailable extends Error {
  readonly code: LogUnavailableCode
  readonly retryable = true
  constructor(reason: string, options?: ErrorOptions & { readonly code?: LogUnavailableCode }) {
    super(`the event log is unavailable: ${reason}`, options)
    this.code = options?.code ?? 'log_unavailable'
    this.name = 'LogUnavailable'
  }
}
