import { RowsRefused } from '@northstar/clickhouse'
import { decodeRow, type RowCheck, splitLines } from '@northstar/events'
import type { ReadRecord } from '@northstar/pipeline'
import { Ledger } from './ledger.ts'

export interface StoreDeps {
  /** Names the plan that {@link check} goes by. */
  readonly plan: string
  readonly check: RowCheck
  readonly insert: (table: string, rows: readonly Uint8Array[], token: string) => Promise<void>
}

interface Origin {
  readonly partition: number
  readonly offset: number
  readonly minute: number
}

interface DeadLetter extends Origin {
  readonly reason: string
  readonly bytes: Uint8Array
}

/** New events' lines of one record. */
interface Piece {
  readonly origin: Origin
  readonly lines: Uint8Array
}

/**
 * Stores a range of records: new events to `events`, what cannot be read to `dead_letters`, the account of it to `ledger`. The
 * outcome is a function of the range and of what came before it in the log, so storing it again gives the same rows under
 * the same tokens.
 */
export async function storeBatch(records: readonly ReadRecord[], token: string, deps: StoreDeps): Promise<Ledger> {
  const ledger = new Ledger()
  const pieces: Piece[] = []
  const dead: DeadLetter[] = []

  const keepGood = (given: readonly Piece[]): readonly Piece[] => {
    const sorted = sortOut(given, deps.check)
    for (const letter of sorted.dead) ledger.deadLettered(letter, 1)
    dead.push(...sorted.dead)
    return sorted.good
  }

  for (const read of records) {
    const { record } = read
    const origin = { partition: record.partition, offset: record.offset, minute: Math.floor(record.appendedAt / 60_000) * 60_000 }
    if (read.outcome === 'damaged') {
      // A damaged record counts as one event: how many it held cannot be known.
      dead.push({ ...origin, reason: read.reason, bytes: record.value })
      ledger.accepted(origin, 1, 0)
      ledger.deadLettered(origin, 1)
      continue
    }
    const { repeats } = read
    const { count, plan, rejected } = read.head
    ledger.accepted(origin, count, repeats.length)
    if (rejected) ledger.rejected(origin, rejected)
    if (repeats.length === count) continue
    const lines = splitLines(record.value, count)
    if (lines.outcome === 'damaged') {
      dead.push({ ...origin, reason: lines.reason, bytes: record.value })
      ledger.deadLettered(origin, count - repeats.length)
    } else {
      const piece = { origin, lines: repeats.length === 0 ? record.value : withoutRepeats(lines.value, repeats) }
      // ClickHouse alone would take some values that the plan does not allow, such as "12" for a number.
      if (plan === deps.plan) pieces.push(piece)
      else pieces.push(...keepGood([piece]))
    }
  }

  if (pieces.length > 0) {
    const insert = (kept: readonly Piece[]) =>
      deps.insert(
        'events',
        kept.map(piece => piece.lines),
        token,
      )
    try {
      await insert(pieces)
    } catch (error) {
      if (!(error instanceof RowsRefused)) throw error
      const before = dead.length
      const good = keepGood(pieces)
      if (dead.length === before) throw error
      // The same token: a refused insert has left nothing, and should the table come to take all the rows, it must not take these twice.
      if (good.length > 0) await insert(good)
    }
  }
  if (dead.length > 0) await deps.insert('dead_letters', dead.map(encodeDeadLetter), token)
  if (!ledger.empty) await deps.insert('ledger', ledger.rows(), token)
  return ledger
}

/** Tells the rows that can be read and fit the plan's columns from those that cannot. */
function sortOut(pieces: readonly Piece[], check: RowCheck): { good: Piece[]; dead: DeadLetter[] } {
  const good: Piece[] = []
  const dead: DeadLetter[] = []
  for (const { origin, lines } of pieces) {
    const kept: Uint8Array[] = []
    for (const line of eachLine(lines)) {
      const row = decodeRow(line)
      const reason = row.outcome === 'ok' ? check(row.value) : row.reason
      if (reason === null) kept.push(line, NEWLINE)
      else dead.push({ ...origin, reason, bytes: line })
    }
    if (kept.length > 0) good.push({ origin, lines: Buffer.concat(kept) })
  }
  return { good, dead }
}

const NEWLINE = Buffer.from('\n')

function* eachLine(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start)
    yield bytes.subarray(start, end)
    start = end + 1
  }
}

/** The lines but for those at the places of repeats (ascending). */
function withoutRepeats(lines: readonly Uint8Array[], repeats: readonly number[]): Uint8Array {
  const skip = new Set(repeats)
  return Buffer.concat(lines.flatMap((line, place) => (skip.has(place) ? [] : [line, NEWLINE])))
}

function encodeDeadLetter({ partition, offset, minute, reason, bytes }: DeadLetter): Uint8Array {
  return Buffer.from(`${JSON.stringify({ at: minute, partition, offset, reason, bytes: Buffer.from(bytes).toString('base64') })}\n`)
}
