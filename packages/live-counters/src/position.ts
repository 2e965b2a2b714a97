import type { Coverage } from './coverage.ts'

/** How far a partition has been counted. */
export interface Position {
  /** The next log offset to fold. */
  readonly offset: number
  /** The oldest offset whose events still matter for finding duplicates. At most `offset`. */
  readonly windowStart: number
  /** Since when each aggregate is counted. Absent: nobody has said, so no window is answered. */
  readonly coverage?: Coverage
}

/** A position as text; two positions are the same exactly when their texts are. */
export function encodePosition({ offset, windowStart, coverage }: Position): string {
  return [offset, windowStart, ...(coverage ? [JSON.stringify(coverage)] : [])].join(' ')
}

export function decodePosition(text: string): Position {
  const [offset, windowStart, coverage] = text.split(' ')
  return {
    offset: Number(offset),
    windowStart: Number(windowStart),
    ...(coverage !== undefined && { coverage: JSON.parse(coverage) as Coverage }),
  }
}

export const samePosition = (one: Position | null, other: Position | null): boolean =>
  one === null || other === null ? one === other : encodePosition(one) === encodePosition(other)
