import type { ReadLimit, StoredRecord } from './port.ts'

export interface Taken {
  readonly records: readonly StoredRecord[]
  /** Total size of the values. */
  readonly bytes: number
  /** Whether there is a next record that did not fit. */
  readonly full: boolean
}

/** The source of a reader's records. */
export interface RecordSource {
  /** Returns the available records without waiting: at most `maxBytes` of values (but at least one record if `force`), none at or past `before`. */
  take(maxBytes: number, before: number, force: boolean): Taken
  /** The next offset: no record before it can follow. */
  position(): number
  /**
   * Resolves when there may be more records, when the claim has ended, or after `ms`. Rejects if no more records can be read. The source may
   * hold back fewer than `bytes` until `ms` are over, and may then resolve a little later.
   */
  more(ms?: number, bytes?: number): Promise<void>
}

const DEFAULT_MAX_BYTES = 1024 * 1024

/** Implements the waiting of `PartitionReader.next` for all adapters. */
export async function gather(source: RecordSource, limit: ReadLimit, signal: AbortSignal): Promise<readonly StoredRecord[]> {
  const before = limit.before ?? Number.POSITIVE_INFINITY
  const lingerMs = limit.lingerMs ?? 0
  const quietMs = limit.quietMs ?? Number.POSITIVE_INFINITY
  let room = limit.maxBytes ?? DEFAULT_MAX_BYTES
  let gathered: readonly StoredRecord[] = []
  let quietAt = Number.POSITIVE_INFINITY
  let deadline = limit.idleMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + limit.idleMs

  while (!signal.aborted) {
    const first = gathered.length === 0
    const taken = source.take(room, before, first)
    if (taken.records.length > 0) {
      const now = performance.now()
      if (first) deadline = now + lingerMs
      quietAt = now + quietMs
      gathered = first ? taken.records : gathered.concat(taken.records)
      room -= taken.bytes
    }
    const enough = gathered.length > 0 && (lingerMs <= 0 || taken.full || room <= 0)
    const remainingMs = Math.min(deadline, quietAt) - performance.now()
    if (enough || remainingMs <= 0 || source.position() >= before) return gathered
    // Half of `quietMs`: a source that holds records back until the time is over must not look quiet.
    const waitMs = Math.ceil(Math.min(remainingMs, gathered.length > 0 ? quietMs / 2 : remainingMs))
    await source.more(waitMs === Number.POSITIVE_INFINITY ? undefined : waitMs, gathered.length > 0 ? room : 1)
  }
  return []
}
