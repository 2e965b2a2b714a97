import type { EventLog } from '@northstar/event-log'
import type { LiveCounters } from '@northstar/live-counters'

export interface GroupLag {
  /** Log records not worked off yet. */
  readonly behind: number
  /** Log records there are. */
  readonly total: number
}

/** How far each group has come. The counters' own positions count, since a rebuild moves them back. */
export async function lagOf(log: EventLog, counters: LiveCounters): Promise<Readonly<Record<'counters' | 'warehouse', GroupLag>>> {
  const [bounds, commits] = await Promise.all([log.bounds(), log.commits('warehouse')])
  const positions = await Promise.all(bounds.map(({ partition }) => counters.position(partition)))
  const total = bounds.reduce((sum, { earliest, next }) => sum + next - earliest, 0)
  const behind = (doneOf: (partition: number, place: number) => number | undefined) =>
    bounds.reduce((sum, { partition, earliest, next }, index) => {
      // Past the end lies the position of a log that lost records, until its group compares it.
      const done = Math.min(next, Math.max(earliest, doneOf(partition, index) ?? earliest))
      return sum + next - done
    }, 0)
  return {
    counters: { total, behind: behind((_, place) => positions[place]?.offset) },
    warehouse: { total, behind: behind(partition => commits.get(partition)?.offset) },
  }
}

/** Whether the warehouse has worked off everything that the log took before that time, epoch ms. */
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
