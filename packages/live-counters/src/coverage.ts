import { FUTURE_LIMIT_MS } from '@northstar/events'
import { aggregateCode } from './fields.ts'
import type { Aggregate, Window } from './port.ts'
import type { Position } from './position.ts'

/** By an aggregate's code ({@link aggregateCode}) since when it is counted, epoch ms: nothing is missing of what arrived from then on. */
export type Since = Readonly<Record<string, number>>

/** The coverage of a partition's counters. */
export interface Coverage {
  readonly since: Since
  /** True once the partition is counted up to this offset: what began anew must first catch up. */
  readonly until: number
  /**
   * The latest arrival that was folded, epoch ms. Buckets expire by it and not by a worker's clock; those that have expired at this time
   * may be gone or lack events, also after a clock that was ahead has been set back. Absent: none.
   */
  readonly horizon?: number
}

/** The coverage that all partitions have. */
export interface ReadableCoverage {
  readonly since: Since
  /** The latest horizon of any partition; 0 where there is none. */
  readonly horizon: number
}

/** A horizon so far ahead of the arrivals that no minute would be kept is given up: everything counts as counted anew. */
const FORGIVEN_MS = 48 * 3_600_000

/** The coverage after a batch whose newest record arrived at `lastAt` and whose newest event was received at `receivedAt`. */
export function coverageAfter(coverage: Coverage, lastAt: number, receivedAt: number): Coverage {
  const { since, horizon = 0 } = coverage
  if (lastAt > 0 && horizon - lastAt > FORGIVEN_MS) {
    return { ...coverage, since: Object.fromEntries(Object.keys(since).map(code => [code, lastAt])), horizon: lastAt }
  }
  const newest = Math.max(lastAt, receivedAt)
  return newest > horizon ? { ...coverage, horizon: newest } : coverage
}

export const sinceOf = (aggregates: readonly Aggregate[], time: number): Since =>
  Object.fromEntries(aggregates.map(aggregate => [aggregateCode(aggregate), time]))

/** The coverage where nothing came before. */
export const fromTheBeginning = (aggregates: readonly Aggregate[]): Coverage => ({ since: sinceOf(aggregates, 0), until: 0 })

export const coverageInAll = (positions: readonly (Position | null)[]): ReadableCoverage => ({
  since: sinceInAll(positions),
  horizon: Math.max(0, ...positions.map(position => position?.coverage?.horizon ?? 0)),
})

/** Since when all partitions count an aggregate. What one of them does not count yet is missing. */
function sinceInAll(positions: readonly (Position | null)[]): Since {
  const [first = {}, ...others] = positions.map((position): Since => {
    const coverage = position?.coverage
    return coverage && position.offset >= coverage.until ? coverage.since : {}
  })
  return Object.fromEntries(
    Object.entries(first).flatMap(([code, time]) => {
      const times = [time, ...others.map(since => since[code] ?? Number.POSITIVE_INFINITY)]
      const latest = Math.max(...times)
      return Number.isFinite(latest) ? [[code, latest]] : []
    }),
  )
}

/** Whether the aggregates hold everything of the window, whose first events may have arrived before it by a clock that was ahead. */
export const holdsAll = (since: Since, aggregates: readonly Aggregate[], { from }: Window): boolean =>
  aggregates.every(aggregate => (since[aggregateCode(aggregate)] ?? Number.POSITIVE_INFINITY) <= from - FUTURE_LIMIT_MS)
