import { expect, test } from 'vitest'
import { timeTicks } from './time-axis.ts'

const ZONE = 'America/New_York'
const labels = (from: string, to: string, width: number) =>
  timeTicks(Date.parse(from), Date.parse(to), width, ZONE)
    // Intl separates the time from AM and PM by a narrow blank.
    .map(({ label }) => label.replace('\u202f', ' '))

test('days begin at midnight of the zone, on both sides of a change of the clock', () => {
  const ticks = timeTicks(Date.parse('2026-10-30T03:00:00Z'), Date.parse('2026-11-04T12:00:00Z'), 400, ZONE)
  expect(ticks.map(({ label }) => label)).toEqual(['Oct 30', 'Oct 31', 'Nov 1', 'Nov 2', 'Nov 3', 'Nov 4'])
  expect(new Date(ticks[0]?.at ?? 0).toISOString()).toBe('2026-10-30T04:00:00.000Z')
  expect(new Date(ticks.at(-1)?.at ?? 0).toISOString()).toBe('2026-11-04T05:00:00.000Z')
})

test('hours are round, and the first of a day names it', () => {
  expect(labels('2026-11-10T21:20:00Z', '2026-11-11T20:00:00Z', 500)).toEqual(['Nov 10, 6:00 PM', 'Nov 11', '6:00 AM', '12:00 PM'])
})

test('minutes of a short time', () => {
  expect(labels('2026-11-10T21:20:30Z', '2026-11-10T21:49:00Z', 700)).toEqual([
    'Nov 10, 4:25 PM',
    '4:30 PM',
    '4:35 PM',
    '4:40 PM',
    '4:45 PM',
  ])
})

test('a range without length has no endless ticks', () => {
  expect(labels('2026-11-10T21:20:30Z', '2026-11-10T21:20:30Z', 700).length).toBeLessThanOrEqual(1)
})
