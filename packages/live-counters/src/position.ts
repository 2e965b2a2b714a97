import type { Coverage } from './coverage.ts'

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
