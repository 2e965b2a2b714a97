import type { Row } from '@northstar/events'
import { expect } from 'vitest'
import type { Aggregate } from '../index.ts'
import type { Readings } from '../read.ts'
import { counts } from './plain-fold.ts'
import { exactSum } from './rational-sum.ts'

export const AGGREGATES = [
  { kind: 'count', events: ['commands'], where: [], by: 'platform' },
  { kind: 'count', events: ['commands', 'crash'], where: [{ property: 'success', op: 'in', values: [true] }] },
  { kind: 'count', events: [], where: [{ property: 'platform', op: 'not_in', values: ['macos', ''] }] },
  { kind: 'sum', of: 'duration_ms', events: ['latency'], where: [], by: 'platform' },
  { kind: 'unique', of: 'user_id', events: ['commands'], where: [], by: 'platform' },
  { kind: 'unique', of: 'session_id', events: [], where: [] },
  { kind: 'percentiles', of: 'duration_ms', events: ['latency'], where: [], by: 'platform' },
  { kind: 'percentiles', of: 'duration_ms', events: ['latency'], where: [{ property: 'duration_ms', op: 'at_least', values: [100] }] },
] as const satisfies readonly Aggregate[]

/** Compares the readings of {@link AGGREGATES} with a count of the window's rows one by one. */
export function checkReadings(readings: readonly Readings[], rows: readonly Row[]): void {
  AGGREGATES.forEach((aggregate: Aggregate, i) => {
    const counted = rows.filter(row => counts(aggregate, row))
    const reading = readings[i]
    if (!reading) throw new Error('a reading is missing')
    const members = new Map<string | null, Row[]>()
    for (const row of aggregate.by === undefined ? [] : counted) {
      const value = row[aggregate.by ?? '']
      const member = value === undefined ? null : String(value)
      members.set(member, [...(members.get(member) ?? []), row])
    }
    expect(new Set(reading.members.keys())).toEqual(new Set(members.keys()))
    for (const [own, rowsOfOne] of [
      [reading, counted] as const,
      ...[...members].map(([member, some]) => [reading.members.get(member), some] as const),
    ]) {
      const values = rowsOfOne.map(row => row[aggregate.of ?? 'event'])
      expect(own?.count).toBe(rowsOfOne.length)
      if (aggregate.kind === 'sum') expect(own?.sum).toBe(exactSum(values.map(Number)))
      if (aggregate.kind === 'unique') {
        const exact = new Set(values).size
        // Five standard errors, and five collisions in the smallest sets: thousands of estimates are compared.
        expect(Math.abs((own?.unique ?? -1) - exact)).toBeLessThanOrEqual(Math.max(5, 5 * 0.0081 * exact))
      }
      if (aggregate.kind === 'percentiles') {
        for (const q of [0, 0.5, 0.95, 0.99, 1]) expectWithin(own?.sketch?.quantile(q), exactQuantile(values.map(Number), q), 0.01)
      }
    }
  })
}

function exactQuantile(values: readonly number[], q: number): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  const rank = q * (sorted.length - 1)
  const low = sorted[Math.floor(rank)]
  const high = sorted[Math.ceil(rank)]
  return low === undefined || high === undefined ? null : low + (high - low) * (rank - Math.floor(rank))
}

export function expectWithin(found: number | null | undefined, exact: number | null, error: number): void {
  if (exact === null || found === null || found === undefined) expect(found).toBe(exact)
  else expect(Math.abs(found - exact)).toBeLessThanOrEqual(error * Math.abs(exact) * (1 + 1e-9))
}
