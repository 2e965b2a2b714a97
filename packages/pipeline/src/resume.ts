import type { EventLog, LogPosition, StoredRecord } from '@northstar/event-log'

/**
 * `log_replaced`: the log was lost and made again. `log_cut`: it lost its newest records, as after a power loss or when a copy was put
 * back. `records_deleted`: retention deleted records that the group had not processed. `store_behind`: the group's store was put back to
 * an earlier time, or emptied.
 */
export type IncidentKind = 'log_replaced' | 'log_cut' | 'records_deleted' | 'store_behind'

export interface Finding {
  readonly kind: IncidentKind
  readonly partition: number
  /** Where the group had come to, or the first record that is missing. */
  readonly from: number
  /** Where it resumes. */
  readonly to: number
  /** One sentence for a person. */
  readonly detail: string
}

export interface Resumption {
  readonly position: LogPosition
  /** The log's end. */
  readonly end: number
  readonly finding: Finding | null
}

/**
 * Where a group resumes in a partition, given its stored position: there, unless the log is another one, lost records, or deleted some that
 * the group had yet to process. A record of the same log that is newer than all that the group processed was never processed, whatever
 * its offset.
 * @param stored null: the group never processed anything and begins at the oldest record
 * @param announced the end of the range that was being processed; at most the position's offset where none was
 */
export async function resume(log: EventLog, partition: number, stored: LogPosition | null, announced = 0): Promise<Resumption> {
  const [incarnation, all] = await Promise.all([log.incarnation(), log.bounds()])
  const bounds = all.find(each => each.partition === partition) ?? { earliest: 0, next: 0 }
  const { earliest, next } = bounds
  if (stored === null) return { position: { log: incarnation, offset: earliest, lastAt: 0 }, end: next, finding: null }
  const { offset, lastAt } = stored
  const goOn = (to: number, kind: IncidentKind, detail: string): Resumption => ({
    position: { log: incarnation, offset: to, lastAt: kind === 'log_replaced' ? 0 : lastAt },
    end: next,
    finding: { kind, partition, from: offset, to, detail: `Partition ${partition}: ${detail}` },
  })

  if (stored.log !== incarnation) {
    const position = { log: incarnation, offset: earliest, lastAt: 0 }
    if (offset === 0) return { position, end: next, finding: null }
    return goOn(earliest, 'log_replaced', `the log was made again. Of the old one, what came after offset ${offset} is lost.`)
  }
  if (offset < earliest)
    return goOn(earliest, 'records_deleted', `retention deleted the records ${offset} to ${earliest - 1} before they were processed.`)
  if (offset > next || !(await holdsLast(log, partition, stored, earliest))) {
    const to = (await firstRecord(log, partition, { time: lastAt + 1 }))?.offset ?? next
    // Found before, and nothing has been processed since.
    if (to === offset) return { position: stored, end: next, finding: null }
    return goOn(to, 'log_cut', `the log lost records that were processed, before offset ${offset}. What comes after offset ${to} is new.`)
  }
  if (announced <= next) return { position: stored, end: next, finding: null }
  const detail = `Partition ${partition}: the log lost the records ${next} to ${announced - 1}, which were being processed.`
  return { position: stored, end: next, finding: { kind: 'log_cut', partition, from: announced, to: next, detail } }
}

/** Whether the record before the position is still the one that was processed; true where that cannot be decided. */
async function holdsLast(log: EventLog, partition: number, { offset, lastAt }: LogPosition, earliest: number): Promise<boolean> {
  if (lastAt === 0 || offset <= earliest) return true
  const last = await firstRecord(log, partition, { offset: offset - 1 })
  return last === undefined || last.offset !== offset - 1 || last.appendedAt === lastAt
}

async function firstRecord(
  log: EventLog,
  partition: number,
  from: { offset: number } | { time: number },
): Promise<StoredRecord | undefined> {
  for await (const record of log.scan(partition, from)) return record
  return undefined
}
