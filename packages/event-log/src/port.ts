/**
 * The event log: an append-only, partitioned, durable sequence of records, read by independent consumer groups.
 *
 * Ingest appends; counters and warehouse each consume as a group of their own. An adapter implements {@link EventLog};
 * no driver type crosses this file.
 */

/** A record to append. The caller chooses the partition. */
export interface LogRecord {
  readonly partition: number
  readonly value: Uint8Array
  readonly headers: Readonly<Record<string, Uint8Array>>
}

/** A record as it lies in the log. */
export interface StoredRecord extends LogRecord {
  /** Position in the partition: starts at 0, grows by 1 a record. */
  readonly offset: number
  /** When the log took it, epoch milliseconds. */
  readonly appendedAt: number
}

/** What a group has committed for a partition. */
export interface Commit {
  /** The next offset to process: everything before it is done. */
  readonly offset: number
  /** Free text kept with the offset, given back to whoever takes the partition over. At most 4 KiB. */
  readonly metadata: string
}

/** What a reader may take in one go. */
export interface ReadLimit {
  /** Stop gathering once this many bytes of values are there (at least one record is given). Default 1 MiB. */
  readonly maxBytes?: number
  /** How long to go on gathering after the first record has arrived, in ms. Default 0: whatever is there. */
  readonly lingerMs?: number
  /** Stop gathering when nothing more has arrived for so long, in ms. Default: gather for all of `lingerMs`. */
  readonly quietMs?: number
  /** Give no record at or past this offset. Waits until at least one record before it is there, unless the reader stands at or past it already: then `[]`. */
  readonly before?: number
  /** Give `[]` when nothing has arrived for so long, in ms, rather than wait on. */
  readonly idleMs?: number
}

/** Reads one partition forwards. */
export interface PartitionReader {
  /** The next records in order; `[]` once the claim has ended (see {@link PartitionClaim.signal}) or after `idleMs`. */
  next(limit?: ReadLimit): Promise<readonly StoredRecord[]>
}

/**
 * One consumer's right to one partition, from one rebalance to the next. A partition that stays with the same consumer
 * over a rebalance is claimed anew.
 */
export interface PartitionClaim {
  readonly partition: number
  /** What the group had committed when the partition was claimed; null when it never did. */
  readonly committed: Commit | null
  /** The oldest offset that the log still holds. */
  readonly earliest: number
  /** Aborted when the partition is lost or the consumer stops. A reader then answers `[]`. */
  readonly signal: AbortSignal
  /**
   * Reads from `offset` (or from the oldest record kept, where that is later). One reader a claim: an earlier one ends. Its `next`
   * rejects with a RangeError where `offset` lies past the end of the log, which means that the log has lost records.
   */
  read(offset: number): PartitionReader
  /**
   * Commits, durably. Rejects with {@link PartitionLost} when another consumer has the partition: the broker's word is
   * the only fence to trust, since a process that was frozen cannot know by itself. A commit that rejects may have been taken
   * nonetheless, by a broker that died before it could answer: `committed` of the next claim tells.
   */
  commit(commit: Commit): Promise<void>
}

export interface ConsumerHealth {
  readonly healthy: boolean
  /** One sentence for a person: what the consumer does, or why it is not healthy. */
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
   * A rejection with {@link PartitionLost} ends the claim quietly; any other rejection fails the consumer, and so does a handler
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
  /** Resolves once every record is durable (on disk, `acks=all`). Rejects with {@link LogUnavailable}; then none, some or all may be durable. */
  append(records: readonly LogRecord[]): Promise<void>
  consume(options: ConsumeOptions): Promise<Consumer>
  /** Every record of a partition from `offset` (or from the first one appended at or after `time`) to the end as it is now. Outside any group. */
  scan(partition: number, from: { readonly offset: number } | { readonly time: number }): AsyncIterable<StoredRecord>
  bounds(): Promise<readonly PartitionBounds[]>
  /** What a group has committed, by partition. */
  commits(group: string): Promise<ReadonlyMap<number, Commit>>
  health(): Promise<ConsumerHealth>
  close(): Promise<void>
}

/** The claim is no longer this consumer's: stop at once, write nothing more. */
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

/** The log cannot take or give records now. */
export class LogUnavailable extends Error {
  readonly code = 'log_unavailable'
  readonly retryable = true
  constructor(reason: string, options?: ErrorOptions) {
    super(`the event log is unavailable: ${reason}`, options)
    this.name = 'LogUnavailable'
  }
}
