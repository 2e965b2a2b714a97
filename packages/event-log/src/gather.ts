import type { ReadLimit, StoredRecord } from './port.ts'

export interface Taken {
  readonly records: readonly StoredRecord[]
  /** Bytes of the values taken. */
  readonly bytes: number
  /** The next record is there but did not fit. */
  readonly full: boolean
}

/** The source of a reader's records. */
export interface RecordSource {
  /** Takes the available records without waiting: at most `maxBytes` of values (but at least one record when `force`), none at or past `before`. */
  take(maxBytes: number, before: number, force: boolean): Taken
  /** The next offset: no earlier record can follow. */
  position(): number
  /**
   * Settles when there may be more to take, when the claim has ended, or after `ms`; rejects when nothing can come any more. Fewer than
   * `bytes` are not worth an answer of their own before the time is over, and such an answer may come a little after it.
   */
  more(ms?: number, bytes?: number): Promise<void>
}

const DEFAULT_MAX_BYTES = 1024 * 1024

/** The waiting half of `PartitionReader.next`, the same for every adapter. */
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
    const patience = Math.min(deadline, quietAt) - performance.now()
    if (enough || patience <= 0 || source.position() >= before) return gathered
    // A source that holds records back until the time is over must not look quiet.
    const waitMs = Math.ceil(Math.min(patience, gathered.length > 0 ? quietMs / 2 : patience))
    await source.more(waitMs === Number.POSITIVE_INFINITY ? undefined : waitMs, gathered.length > 0 ? room : 1)
  }
  return []
}
