import type { Coverage, ReadableCoverage, Since } from './coverage.ts'

/** How far a partition has been counted. */
export interface Position {
  /** The incarnation of the log that `offset` belongs to. */
  readonly log: string
  /** The next log offset to fold. */
  readonly offset: number
  /** Time at which the log received the newest record that was folded, epoch ms; 0 if none was. */
  readonly lastAt: number
  /** The oldest offset whose events are still needed to find duplicates. At most `offset`. */
  readonly windowStart: number
  /** The time since which each aggregate is counted. If absent, no window can be read. */
  readonly coverage?: Coverage
}

/** A position as text; two positions are the same exactly when their texts are. */
export function encodePosition({ log, offset, lastAt, windowStart, coverage }: Position): string {
  return [log, offset, lastAt, windowStart, ...(coverage ? [JSON.stringify(coverage)] : [])].join(' ')
}

export function decodePosition(text: string): Position {
  const [log = '', offset, lastAt, windowStart, coverage] = text.split(' ')
  return {
    log,
    offset: Number(offset),
    lastAt: Number(lastAt),
    windowStart: Number(windowStart),
    ...(coverage !== undefined && { coverage: JSON.parse(coverage) as Coverage }),
  }
}

export const samePosition = (one: Position | null, other: Position | null): boolean =>
  one === null || other === null ? one === other : encodePosition(one) === encodePosition(other)

export const coverageInAll = (positions: readonly (Position | null)[]): ReadableCoverage => ({
  since: sinceInAll(positions),
  horizon: Math.max(0, ...positions.map(position => position?.coverage?.horizon ?? 0)),
})

/** The times since which all partitions count an aggregate, without aggregates that one of them does not count yet. */
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
