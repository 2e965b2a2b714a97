import type { EventLog, PartitionClaim } from '@northstar/event-log'
import { type Aggregate, type Coverage, type Position, type Since, sinceOf } from '@northstar/live-counters'

/** The dependencies of {@link coverageFrom}. */
export interface CoverageDeps {
  readonly log: Pick<EventLog, 'bounds' | 'scan'>
  readonly aggregates: readonly Aggregate[]
  readonly now: () => number
}

/**
 * Returns the coverage of a partition that is counted from `start` (null: from the log's oldest record) with these aggregates. New aggregates
 * become readable once the partition has been counted to the log's current end.
 */
export async function coverageFrom(claim: PartitionClaim, start: Position | null, deps: CoverageDeps): Promise<Coverage> {
  const { log, aggregates } = deps
  const known = start?.coverage?.since ?? {}
  const { horizon } = start?.coverage ?? {}
  const all = sinceOf(aggregates, 0)
  if (start?.coverage && sameCodes(known, all)) return start.coverage
  const bounds = (await log.bounds()).find(({ partition }) => partition === claim.partition)
  const added = sinceOf(aggregates, await firstCountedAt(claim, start, deps))
  return {
    since: Object.fromEntries(Object.keys(all).map(code => [code, known[code] ?? added[code] ?? 0])),
    until: bounds?.next ?? 0,
    ...(horizon !== undefined && { horizon }),
  }
}

/** The arrival time of the first counted record; 0 if no record before it was ever deleted. */
async function firstCountedAt(
  { partition, earliest }: PartitionClaim,
  start: Position | null,
  { log, now }: CoverageDeps,
): Promise<number> {
  if (start) return now()
  if (earliest === 0) return 0
  for await (const { appendedAt } of log.scan(partition, { offset: earliest })) return appendedAt
  return now()
}

const sameCodes = (one: Since, other: Since) =>
  Object.keys(one).length === Object.keys(other).length && Object.keys(one).every(code => code in other)
