import type { EventLog, LogPosition, StoredRecord } from '@northstar/event-log'

/**
 * `log_replaced`: the log was lost and created again. `log_cut`: the log lost its newest records, by a power loss or a restored backup, for
 * example. `records_deleted`: retention deleted records that the group had not processed. `store_behind`: the group's store was emptied or
 * restored to an earlier time.
 */
export type IncidentKind = 'log_replaced' | 'log_cut' | 'records_deleted' | 'store_behind'

export interface Finding {
  readonly kind: IncidentKind
  readonly partition: number
  /** The group's offset, or that of the first missing record. */
  readonly from: number
  /** The offset at which the group resumes. */
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
 * The position at which a group resumes in a partition: the stored one, unless the log was replaced, lost records, or deleted records that the
 * group had not processed. A record that is newer than all processed ones of the same log was not processed, whatever its offset.
 * @param stored null if the group has processed nothing and begins at the oldest record
 * @param announced the end of the range that was being processed; at most the position's offset if there was none
 */
export async function resume(log: EventLog, partition: number, stored: LogPosition | null, announced = 0): Promise<Resumption> {
  const [incarnation, all] = await Promise.all([log.incarnation(), log.bounds()])
  const bounds = all.find(each => each.partition === partition) ?? { earliest: 0, next: 0 }
  const { earliest, next } = bounds
  if (stored === null) return { position: { log: incarnation, offset: earliest, lastAt: 0 }, end: next, finding: null }
  const { offset, lastAt } = stored
  const resumeAt = (to: number, kind: IncidentKind, detail: string): Resumption => ({
    position: { log: incarnation, offset: to, lastAt: kind === 'log_replaced' ? 0 : lastAt },
    end: next,
    finding: { kind, partition, from: offset, to, detail: `Partition ${partition}: ${detail}` },
  })

  if (stored.log !== incarnation) {
    const position = { log: incarnation, offset: earliest, lastAt: 0 }
    if (offset === 0) return { position, end: next, finding: null }
    return resumeAt(earliest, 'log_replaced', `the log was created again. The records of the old one after offset ${offset} are lost.`)
  }
  if (offset < earliest)
    return resumeAt(earliest, 'records_deleted', `retention deleted the records ${offset} to ${earliest - 1} before they were processed.`)
  if (offset > next || !(await holdsLast(log, partition, stored, earliest))) {
    const to = (await firstRecord(log, partition, { time: lastAt + 1 }))?.offset ?? next
    // The loss was found before, and nothing has been processed since.
    if (to === offset) return { position: stored, end: next, finding: null }
    return resumeAt(
      to,
      'log_cut',
      `the log lost processed records before offset ${offset}. Processing continues with new records at offset ${to}.`,
    )
  }
  if (announced <= next) return { position: stored, end: next, finding: null }
  const detail = `Partition ${partition}: the log lost the records ${next} to ${announced - 1}, which were being processed.`
  return { position: stored, end: next, finding: { kind: 'log_cut', partition, from: announced, to: next, detail } }
}

/** Whether the record before the position is still the one that was processed; true if that cannot be determined. */
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
