import { describe, expect, it, test } from 'vitest'
import { lastDue, nextDue, type Schedule, scheduleSchema } from './schedule.ts'

const utc = (text: string) => Date.parse(text)
const iso = (at: number) => new Date(at).toISOString()

/** Every due time in a span, by asking for the next one again and again. */
function allDue(schedule: Schedule, zone: string, from: string, to: string): string[] {
  const found: string[] = []
  for (let at = nextDue(schedule, utc(from) - 1, zone); at < utc(to); at = nextDue(schedule, at, zone)) found.push(iso(at))
  return found
}

describe('a time of day is due once on its date', () => {
  test.each([
    ['America/New_York', '02:30', '2026-03-07', ['2026-03-07T07:30', '2026-03-08T07:30', '2026-03-09T06:30']],
    ['America/New_York', '01:30', '2026-10-31', ['2026-10-31T05:30', '2026-11-01T05:30', '2026-11-02T06:30']],
    ['Australia/Lord_Howe', '02:15', '2026-10-03', ['2026-10-02T15:45', '2026-10-03T15:45', '2026-10-04T15:15']],
    ['Australia/Lord_Howe', '01:45', '2026-04-04', ['2026-04-03T14:45', '2026-04-04T14:45', '2026-04-05T15:15']],
    ['Africa/Cairo', '00:30', '2026-04-23', ['2026-04-22T22:30', '2026-04-23T22:30', '2026-04-24T21:30']],
    ['Africa/Cairo', '23:30', '2026-10-28', ['2026-10-28T20:30', '2026-10-29T20:30', '2026-10-30T21:30']],
  ])('in %s at %s around the change of %s', (zone, at, date, expected) => {
    const from = nextDue({ at }, utc(`${date}T00:00:00Z`) - 86_400_000, zone)
    const due = [from]
    while (due.length < 8) due.push(nextDue({ at }, due.at(-1) ?? 0, zone))
    for (const time of expected) expect(due.map(iso)).toContain(`${time}:00.000Z`)
    const dates = due.map(time => new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(time))
    expect(new Set(dates).size).toBe(due.length)
  })
})

it('keeps to weekdays and days of the month, also where a month lacks the day', () => {
  expect(allDue({ at: '16:00', weekdays: ['friday'] }, 'America/New_York', '2026-01-01', '2026-02-01')).toEqual([
    '2026-01-02T21:00:00.000Z',
    '2026-01-09T21:00:00.000Z',
    '2026-01-16T21:00:00.000Z',
    '2026-01-23T21:00:00.000Z',
    '2026-01-30T21:00:00.000Z',
  ])
  expect(allDue({ at: '12:00', month_days: [31] }, 'UTC', '2026-01-01', '2026-06-01').map(at => at.slice(0, 10))).toEqual([
    '2026-01-31',
    '2026-03-31',
    '2026-05-31',
  ])
  expect(iso(nextDue({ at: '12:00', month_days: [29], weekdays: ['thursday'] }, utc('2026-11-01'), 'UTC'))).toBe('2027-04-29T12:00:00.000Z')
})

it('lastDue and nextDue enclose every instant, with nothing due between them', () => {
  const schedules: Schedule[] = [
    { at: '02:30' },
    { at: '09:00', weekdays: ['monday', 'friday'] },
    { at: '23:59', month_days: [1, 31] },
    { every_minutes: 7 },
  ]
  for (const zone of ['America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo', 'Pacific/Apia'])
    for (const schedule of schedules)
      for (let at = utc('2026-01-01'); at < utc('2027-01-01'); at += 37 * 3_600_000 + 61_000) {
        const [before, after] = [lastDue(schedule, at, zone), nextDue(schedule, at, zone)]
        expect(before <= at && at < after).toBe(true)
        expect(nextDue(schedule, before, zone)).toBe(after)
        expect(lastDue(schedule, after, zone)).toBe(after)
      }
})

it('refuses what is not a time, and a schedule without one', () => {
  for (const wrong of [{ at: '24:00' }, { at: '9:00' }, {}, { at: '09:00', every_minutes: 5 }, { every_minutes: 0 }])
    expect(scheduleSchema.safeParse(wrong).success).toBe(false)
})
