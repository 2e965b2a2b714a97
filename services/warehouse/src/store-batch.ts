import type { Column } from '@northstar/catalogue'
import { RowsRefused } from '@northstar/clickhouse'
import type { StoredRecord } from '@northstar/event-log'
import { type BlockPart, concatenate, type EventCheck, quarantineReason, readEvents } from '@northstar/events'
import { type DeadLetter, encodeDeadLetter, minuteOf, type ReadRecord } from '@northstar/pipeline'
import { findRefused } from './find-refused.ts'
import { Ledger, type LedgerKey } from './ledger.ts'

export interface StoreDeps {
  /** The table's columns for properties. */
  readonly columns: readonly Column[]
  readonly check: EventCheck
  /** Methods of the warehouse's port that retry while the warehouse is unavailable. */
  readonly insert: (table: string, rows: readonly Uint8Array[], token: string) => Promise<void>
  readonly insertBlock: (table: string, block: Uint8Array, token: string) => Promise<void>
  readonly tryBlock: (table: string, block: Uint8Array) => Promise<void>
}

/** The new events of one record. */
interface Part extends BlockPart {
  readonly record: StoredRecord
}

/**
 * Stores a range of records: new events in `events` as one block, records that cannot be read in `dead_letters`, and the outcomes in
 * `ledger`. The result depends only on the range and the records before it, so repeating it inserts the same rows under the same tokens.
 */
export async function storeBatch(records: readonly ReadRecord[], token: string, deps: StoreDeps): Promise<Ledger> {
  const ledger = new Ledger()
  const parts: Part[] = []
  const dead: DeadLetter[] = []

  for (const read of records) {
    const { record } = read
    const key = ledgerKeyOf(record)
    if (read.outcome === 'damaged') {
      dead.push({ record, reason: read.reason, events: 1 })
      ledger.accepted(key, 1, 0)
      continue
    }
    const { head, repeats: skip } = read
    const { count, ids, rejected } = head
    ledger.accepted(key, count, skip.length)
    if (rejected) ledger.rejected(key, rejected)
    if (skip.length === count) continue
    const events = head.quarantine ? quarantineReason(record) : readEvents(head, record.value, deps.check)
    if (typeof events === 'string') {
      dead.push({ record, reason: events, events: count - skip.length })
    } else parts.push({ record, events, ids, skip })
  }

  for (const { part, reason } of await insertParts(parts, token, deps)) {
    dead.push({ record: part.record, reason, events: part.events.rows - part.skip.length })
  }
  for (const { record, events } of dead) ledger.deadLettered(ledgerKeyOf(record), events)
  if (dead.length > 0) await deps.insert('dead_letters', dead.map(encodeDeadLetter), token)
  if (!ledger.empty) await deps.insert('ledger', ledger.rows(), token)
  return ledger
}

/** Inserts all parts as one block, except those that the table refuses, which are returned. */
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
    // The same token: if the table later accepts all parts, a repeated insert must not store these twice.
    if (good.length > 0) await insertBlock('events', blockOf(good), token)
    return refused
  }
}

function ledgerKeyOf({ partition, appendedAt }: StoredRecord): LedgerKey {
  return { partition, minute: minuteOf(appendedAt) }
}
