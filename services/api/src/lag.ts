import type { EventLog } from '@northstar/event-log'
import type { LiveCounters } from '@northstar/live-counters'

export interface GroupLag {
  /** Number of log records that have yet to be processed. */
  readonly behind: number
  /** Number of log records. */
  readonly total: number
}

export interface LagDeps {
  readonly log: EventLog
  readonly counters: LiveCounters
}

/** The lag of each group. For the counters it is computed from their own positions, which a rebuild resets. */
export async function lagOf(log: EventLog, counters: LiveCounters): Promise<Readonly<Record<'counters' | 'warehouse', GroupLag>>> {
  const [bounds, commits] = await Promise.all([log.bounds(), log.commits('warehouse')])
  const positions = await Promise.all(bounds.map(({ partition }) => counters.position(partition)))
  const total = bounds.reduce((sum, { earliest, next }) => sum + next - earliest, 0)
  const behind = (doneOf: (partition: number, index: number) => number | undefined) =>
    bounds.reduce((sum, { partition, earliest, next }, index) => {
      // A position may be past the end if the log has lost records and the group has not noticed it yet.
      const done = Math.min(next, Math.max(earliest, doneOf(partition, index) ?? earliest))
      return sum + next - done
    }, 0)
  return {
    counters: { total, behind: behind((_, index) => positions[index]?.offset) },
    warehouse: { total, behind: behind(partition => commits.get(partition)?.offset) },
  }
}

/** Whether the warehouse has processed every record that was appended before a time, epoch ms. */
export async function isStoredUpTo(log: EventLog, time: number): Promise<boolean> {
  const [bounds, commits] = await Promise.all([log.bounds(), log.commits('warehouse')])
  for (const { partition, earliest, next } of bounds) {
    const done = commits.get(partition)?.offset ?? earliest
    if (done >= next) continue
    for await (const record of log.scan(partition, { offset: done })) {
      if (record.appendedAt < time) return false
      break
    }
  }
  return true
}
