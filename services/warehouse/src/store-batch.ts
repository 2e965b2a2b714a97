import type { Column } from '@northstar/catalogue'
import { RowsRefused } from '@northstar/clickhouse'
import type { StoredRecord } from '@northstar/event-log'
import { type BlockPart, concatenate, type EventCheck, quarantineReason, readEvents } from '@northstar/events'
import type { ReadRecord } from '@northstar/pipeline'
import { findRefused } from './find-refused.ts'
import { Ledger } from './ledger.ts'

export interface StoreDeps {
  /** The properties that the table has columns for. */
  readonly columns: readonly Column[]
  readonly check: EventCheck
  /** As the warehouse's port has them, but tried again while the warehouse is unavailable. */
  readonly insert: (table: string, rows: readonly Uint8Array[], token: string) => Promise<void>
  readonly insertBlock: (table: string, block: Uint8Array, token: string) => Promise<void>
  readonly tryBlock: (table: string, block: Uint8Array) => Promise<void>
}

interface DeadLetter {
  readonly record: StoredRecord
  readonly reason: string
  /** How many new events the record held; 1 where that cannot be known. */
  readonly events: number
}

/** The new events of one record. */
interface Part extends BlockPart {
  readonly record: StoredRecord
}

/**
 * Stores a range of records: new events to `events` as one block, records that cannot be read to `dead_letters`, the account of it to
 * `ledger`. The outcome is a function of the range and of what came before it in the log, so storing it again gives the same rows under
 * the same tokens.
 */
export async function storeBatch(records: readonly ReadRecord[], token: string, deps: StoreDeps): Promise<Ledger> {
  const ledger = new Ledger()
  const parts: Part[] = []
  const dead: DeadLetter[] = []

  for (const read of records) {
    const { record } = read
    const origin = originOf(record)
    if (read.outcome === 'damaged') {
      dead.push({ record, reason: read.reason, events: 1 })
      ledger.accepted(origin, 1, 0)
      continue
    }
    const { head, repeats: skip } = read
    const { count, ids, rejected } = head
    ledger.accepted(origin, count, skip.length)
    if (rejected) ledger.rejected(origin, rejected)
    if (skip.length === count) continue
    const events = head.quarantine ? quarantineReason(record) : readEvents(head, record.value, deps.check)
    if (typeof events === 'string') {
      dead.push({ record, reason: events, events: count - skip.length })
    } else parts.push({ record, events, ids, skip })
  }

  for (const { part, reason } of await insertParts(parts, token, deps)) {
    dead.push({ record: part.record, reason, events: part.events.rows - part.skip.length })
  }
  for (const { record, events } of dead) ledger.deadLettered(originOf(record), events)
  if (dead.length > 0) await deps.insert('dead_letters', dead.map(encodeDeadLetter), token)
  if (!ledger.empty) await deps.insert('ledger', ledger.rows(), token)
  return ledger
}

/** Inserts all parts as one block. Where the table refuses it, those parts that it refuses are left out and returned. */
async function insertParts(parts: readonly Part[], token: string, { columns, insertBlock, tryBlock }: StoreDeps) {
  if (parts.length === 0) return []
  const blockOf = (some: readonly Part[]) => concatenate(some, columns).value
  try {
    await insertBlock('events', blockOf(parts), token)
    return []
  } catch (error) {
    if (!(error instanceof RowsRefused)) throw error
    const refused = await findRefused(parts, some => tryBlock('events', blockOf(some)))
    if (refused.length === 0) throw error
    const left = new Set(refused.map(({ part }) => part))
    const good = parts.filter(part => !left.has(part))
    // The same token: a refused insert has stored nothing, and should the table come to accept all parts, it must not store these twice.
    if (good.length > 0) await insertBlock('events', blockOf(good), token)
    return refused
  }
}

/** Where and when a record's events came in. */
function originOf({ partition, appendedAt }: StoredRecord): { readonly partition: number; readonly minute: number } {
  return { partition, minute: Math.floor(appendedAt / 60_000) * 60_000 }
}

function encodeDeadLetter({ record, reason, events }: DeadLetter): Uint8Array {
  const { partition, offset, headers, value } = record
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  return Buffer.from(
    `${JSON.stringify({
      at: originOf(record).minute,
      partition,
      offset,
      reason,
      events,
      headers: Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, base64(bytes)])),
      bytes: base64(value),
    })}\n`,
  )
}
