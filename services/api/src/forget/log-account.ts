import { setImmediate as nextTurn } from 'node:timers/promises'
import { MINUTE_MS } from '@northstar/catalogue'
import type { EventLog, StoredRecord } from '@northstar/event-log'
import { addWrittenRecord, DuplicateWindow, decodeEvents, decodeHead, eraseUsers, integers, keyText, type UserSet } from '@northstar/events'
import type { LedgerCorrection } from '@northstar/pipeline'

/** The events of some users in the log. */
export interface LogAccount {
  /** Number of counted events by pseudonym. */
  readonly events: ReadonlyMap<string, number>
  /** Partitions with their events. */
  readonly partitions: ReadonlySet<number>
  /** Ledger corrections that subtract these events. */
  readonly corrections: readonly LedgerCorrection[]
  /** By partition, the receipt time of the oldest event in the log, epoch ms; 0 if the log has all records. */
  readonly begins: readonly number[]
}

/** Time between two yields to other work. */
const SLICE_MS = 8

/**
 * Counts the events of users in the log up to the given offsets, with the same rules as both groups.
 * @param isDead whether a record is a dead letter
 */
export async function accountOfUsers(
  log: EventLog,
  ends: readonly number[],
  users: UserSet,
  isDead: (record: StoredRecord) => boolean,
): Promise<LogAccount> {
  const events = new Map<string, number>()
  const partitions = new Set<number>()
  const corrections = new Map<string, LedgerCorrection>()
  const begins: number[] = []
  for (const [partition, end] of ends.entries()) {
    const window = new DuplicateWindow()
    begins.push(0)
    let sliceEnds = performance.now() + SLICE_MS
    for await (const record of log.scan(partition, { offset: 0 })) {
      if (record.offset >= end) break
      if (begins[partition] === 0 && record.offset > 0) begins[partition] = oldestReceipt(record)
      addRecord(record, window)
      if (performance.now() < sliceEnds) continue
      await nextTurn()
      sliceEnds = performance.now() + SLICE_MS
    }
  }
  return { events, partitions, corrections: [...corrections.values()], begins }

  function addRecord(record: StoredRecord, window: DuplicateWindow): void {
    const head = decodeHead(record.headers)
    if (record.fault || head.outcome === 'damaged') return
    const repeats = new Set(addWrittenRecord(window, record.offset, head.value, record.value))
    const rows = eraseUsers(record, users)?.rows ?? []
    if (rows.length === 0) return
    const fresh = rows.filter(({ row }) => !repeats.has(row))
    const dead = head.value.quarantine || isDead(record) ? fresh.length : 0
    if (dead === 0) for (const { user } of fresh) events.set(keyText(user), (events.get(keyText(user)) ?? 0) + 1)
    partitions.add(record.partition)
    correct(record.partition, record.appendedAt, {
      accepted: -rows.length,
      stored: dead - fresh.length,
      duplicates: fresh.length - rows.length,
      dead_lettered: -dead,
      forgotten: rows.length,
    })
  }

  function correct(partition: number, at: number, by: Omit<LedgerCorrection, 'partition' | 'minute' | 'rejected'>): void {
    const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS
    const key = `${partition}:${minute}`
    const sum = corrections.get(key) ?? {
      partition,
      minute,
      rejected: 0,
      accepted: 0,
      stored: 0,
      duplicates: 0,
      dead_lettered: 0,
      forgotten: 0,
    }
    corrections.set(key, {
      ...sum,
      accepted: sum.accepted + by.accepted,
      stored: sum.stored + by.stored,
      duplicates: sum.duplicates + by.duplicates,
      dead_lettered: sum.dead_lettered + by.dead_lettered,
      forgotten: sum.forgotten + by.forgotten,
    })
  }
}

/** Whether the log has events of these users from the given offsets on. */
export async function hasEventsFrom(log: EventLog, offsets: readonly number[], users: UserSet): Promise<boolean> {
  for (const [partition, offset] of offsets.entries()) {
    for await (const record of log.scan(partition, { offset })) if (eraseUsers(record, users) !== null) return true
  }
  return false
}

/** The earliest receipt time of a record's events; the time of the append if they cannot be read. */
function oldestReceipt({ headers, value, appendedAt }: StoredRecord): number {
  const head = decodeHead(headers)
  const events = head.outcome === 'ok' && head.value.count > 0 ? decodeEvents(value, head.value.count) : null
  return events?.outcome === 'ok' ? Math.min(...integers(events.value.receivedAt.data)) : appendedAt
}
