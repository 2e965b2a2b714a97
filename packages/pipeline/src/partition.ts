import { type EventLog, type LogPosition, LogUnavailable, type PartitionClaim, type ReadLimit, readUntil } from '@northstar/event-log'
import { DuplicateWindow, refillWindow } from '@northstar/events'
import type { Logger, Worker } from '@northstar/runtime'
import { StateUnavailable } from '@northstar/state'
import { type ReadRecord, readRecords } from './batch.ts'
import type { LogIncidents } from './incidents.ts'
import { type Finding, resume } from './resume.ts'

/** A position with the start of its duplicate window. */
export interface GroupPosition extends LogPosition {
  /** The oldest offset with an event inside the window. At most `offset`. */
  readonly windowStart: number
}

/** Records that a group processes together. */
export interface Batch {
  readonly records: readonly ReadRecord[]
  readonly before: GroupPosition
  /** The position once these records are processed. */
  readonly after: GroupPosition
}

export interface PartitionDeps {
  readonly group: string
  readonly log: EventLog
  readonly incidents: LogIncidents
  /** How many preceding events of the partition are searched for a repeated id. The same in every group. */
  readonly duplicateWindow: number
  readonly worker: Worker
  readonly logger: Logger
}

/** A claimed partition, read from the position at which its group resumes. */
export interface OpenPartition {
  /** The position at which the group resumes; differs from the stored one if the log has changed. */
  readonly start: GroupPosition
  /** The log's end at the time of the comparison. */
  readonly end: number
  /** The next batch; null if none came within `idleMs`, or the claim has ended. */
  next(limit: ReadLimit): Promise<Batch | null>
}

const isTransient = (error: unknown) => error instanceof LogUnavailable || error instanceof StateUnavailable

/**
 * Compares the group's position with the log, records losses as incidents, and reads the headers of the records before the start again, so that
 * repeats are found as if the group had not stopped. Null if the claim ended meanwhile.
 * @param stored null if the group has processed nothing
 * @param announced the end of the range that a predecessor was processing
 */
export async function openPartition(
  claim: PartitionClaim,
  stored: GroupPosition | null,
  deps: PartitionDeps,
  announced?: number,
): Promise<OpenPartition | null> {
  const { group, log, logger } = deps
  const duplicates = new DuplicateWindow(deps.duplicateWindow)
  const { worker } = deps
  const attempt = <T>(work: () => Promise<T>) => worker.attempt(work, isTransient)

  async function report(incarnation: string, finding: Finding): Promise<void> {
    logger.error({ group, ...finding }, 'the event log has lost records')
    await attempt(() => deps.incidents.record(group, incarnation, finding))
  }

  const { position, end, finding } = await attempt(() => resume(log, claim.partition, stored, announced))
  if (finding) await report(stored?.log ?? position.log, finding)
  const windowStart = windowFor(position, stored)
  const reader = claim.read(windowStart)
  const refilled = await readUntil(claim, reader, windowStart, position.offset, records => {
    refillWindow(duplicates, records)
    worker.working()
  })
  if (!refilled) return null
  // Records that are missing before the start were processed: they only shorten the window.
  reader.takeHoles()

  const start: GroupPosition = { ...position, windowStart }
  let at = start
  return {
    start,
    end,
    async next(limit) {
      worker.waiting()
      const records = await reader.next(limit)
      worker.working()
      for (const { from, to } of reader.takeHoles()) {
        const detail = `Partition ${claim.partition}: retention deleted the records ${from} to ${to - 1} before they were processed.`
        await report(position.log, { kind: 'records_deleted', partition: claim.partition, from, to, detail })
      }
      const [first] = records
      const last = records.at(-1)
      if (!first || !last) return null
      const before = { ...at, offset: first.offset, windowStart: duplicates.windowStart ?? first.offset }
      const read = readRecords(records, duplicates)
      const offset = last.offset + 1
      at = { log: position.log, offset, lastAt: last.appendedAt, windowStart: duplicates.windowStart ?? offset }
      return { records: read, before, after: at }
    },
  }
}

/** The offset from which the window of a position is read. After a change of the log twice as many records are read, since they may hold fewer events. */
function windowFor(position: LogPosition, stored: GroupPosition | null): number {
  if (stored === null || stored.log !== position.log) return position.offset
  if (position.offset === stored.offset) return stored.windowStart
  return Math.max(0, Math.min(stored.windowStart, position.offset) - (stored.offset - stored.windowStart))
}
