import { FUTURE_LIMIT_MS } from '@northstar/events'
import { aggregateCode } from './fields.ts'
import type { Aggregate, Window } from './index.ts'
import type { Position } from './position.ts'

/** By an aggregate's code ({@link aggregateCode}) since when it is counted, epoch ms: nothing is missing of what arrived from then on. */
export type Since = Readonly<Record<string, number>>

/** What a partition's counters hold. */
export interface Coverage {
  readonly since: Since
  /** True once the partition is counted up to this offset: what began anew must first catch up. */
  readonly until: number
}

export const sinceOf = (aggregates: readonly Aggregate[], time: number): Since =>
  Object.fromEntries(aggregates.map(aggregate => [aggregateCode(aggregate), time]))

/** The coverage where nothing came before. */
export const fromTheBeginning = (aggregates: readonly Aggregate[]): Coverage => ({ since: sinceOf(aggregates, 0), until: 0 })

/** Since when all partitions count an aggregate. What one of them does not count yet is missing. */
export function sinceInAll(positions: readonly (Position | null)[]): Since {
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
