import { HOUR_MS } from '@northstar/catalogue'
import { FUTURE_LIMIT_MS } from '@northstar/events'
import type { Aggregate, Window } from './aggregate.ts'
import { aggregateCode } from './fields.ts'

/** The time since which an aggregate is counted, by its code ({@link aggregateCode}), epoch ms: all events that arrived later are counted. */
export type Since = Readonly<Record<string, number>>

/** The coverage of a partition's counters. */
export interface Coverage {
  readonly since: Since
  /** The coverage is valid once the partition is counted up to this offset: counters that start from the beginning must first catch up. */
  readonly until: number
  /**
   * The latest folded arrival, epoch ms. Buckets expire by it, not by a worker's clock. Those that have expired at this time may be removed or
   * incomplete, also after a clock that was ahead has been set back. Absent: none.
   */
  readonly horizon?: number
}

/** The coverage of all partitions together. */
export interface ReadableCoverage {
  readonly since: Since
  /** The latest horizon of any partition; 0 without one. */
  readonly horizon: number
}

/** How far a horizon may be ahead of the arrivals. A horizon so far ahead that no minute is kept is reset, and the aggregates count as new. */
const MAX_AHEAD_MS = 48 * HOUR_MS

/** The coverage after a batch whose newest record arrived at `lastAt` and whose newest event was received at `receivedAt`. */
export function coverageAfter(coverage: Coverage, lastAt: number, receivedAt: number): Coverage {
  const { since, horizon = 0 } = coverage
  if (lastAt > 0 && horizon - lastAt > MAX_AHEAD_MS) {
    return { ...coverage, since: Object.fromEntries(Object.keys(since).map(code => [code, lastAt])), horizon: lastAt }
  }
  const newest = Math.max(lastAt, receivedAt)
  return newest > horizon ? { ...coverage, horizon: newest } : coverage
}

export const sinceOf = (aggregates: readonly Aggregate[], time: number): Since =>
  Object.fromEntries(aggregates.map(aggregate => [aggregateCode(aggregate), time]))

/** The coverage of a log that is counted from its beginning. */
export const fromTheBeginning = (aggregates: readonly Aggregate[]): Coverage => ({ since: sinceOf(aggregates, 0), until: 0 })

/** Whether the aggregates have all events of the window. Its first events may have arrived before it, from clocks that are ahead. */
export const holdsAll = (since: Since, aggregates: readonly Aggregate[], { from }: Window): boolean =>
  aggregates.every(aggregate => (since[aggregateCode(aggregate)] ?? Number.POSITIVE_INFINITY) <= from - FUTURE_LIMIT_MS)
