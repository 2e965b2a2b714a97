import { describe, expect, test } from 'vitest'
import { createCalendar, PERIODS, parseInstant } from './calendar.ts'

const HOUR = 3_600_000
const newYork = createCalendar({ timezone: 'America/New_York', launch: '2026-01-15' })
const utc = (text: string) => Date.parse(text)
const lengths = (spans: readonly { from: number; to: number }[]) => spans.map(s => (s.to - s.from) / HOUR)

describe('weeks from the launch', () => {
  test('the first four are January 15 to 21, 22 to 28, January 29 to February 4, February 5 to 11', () => {
    const spans = newYork.spans('week', newYork.startOf('2026-01-15'), newYork.startOf('2026-02-12'))
    expect(spans.map(s => new Date(s.from).toISOString())).toEqual([
      '2026-01-15T05:00:00.000Z',
      '2026-01-22T05:00:00.000Z',
      '2026-01-29T05:00:00.000Z',
      '2026-02-05T05:00:00.000Z',
    ])
    expect(spans.every(s => s.whole)).toBe(true)
    expect(spans.map(s => newYork.weekNumber(s.from))).toEqual([1, 2, 3, 4])
  })
  test('they run backwards too', () => {
    expect(newYork.weekNumber(newYork.startOf('2026-01-14'))).toBe(0)
    expect(newYork.date(newYork.periodAt('week', newYork.startOf('2026-01-14')).from)).toBe('2026-01-08')
  })
  test('a span that begins within one is cut and says so', () => {
    const spans = newYork.spans('week', newYork.startOf('2026-01-20'), newYork.startOf('2026-01-24'))
    expect(spans.map(s => [newYork.date(s.from), newYork.date(s.to), s.whole])).toEqual([
      ['2026-01-20', '2026-01-22', false],
      ['2026-01-22', '2026-01-24', false],
    ])
  })
  test('the week that holds a change of the clock has an hour less, or more', () => {
    expect(lengths([newYork.periodAt('week', utc('2026-03-08T12:00:00Z'))])).toEqual([167])
    expect(lengths([newYork.periodAt('week', utc('2026-11-01T12:00:00Z'))])).toEqual([169])
  })
})

describe('days and hours', () => {
  test('23 and 25 hours on the days of the change', () => {
    expect(lengths(newYork.spans('day', newYork.startOf('2026-03-07'), newYork.startOf('2026-03-10')))).toEqual([24, 23, 24])
    expect(lengths(newYork.spans('day', newYork.startOf('2026-10-31'), newYork.startOf('2026-11-03')))).toEqual([24, 25, 24])
    expect(newYork.spans('hour', newYork.startOf('2026-03-08'), newYork.startOf('2026-03-09'))).toHaveLength(23)
    expect(newYork.spans('hour', newYork.startOf('2026-11-01'), newYork.startOf('2026-11-02'))).toHaveLength(25)
  })
  test('a day without midnight begins an hour late', () => {
    const santiago = createCalendar({ timezone: 'America/Santiago', launch: '2026-01-15' })
    expect(new Date(santiago.startOf('2026-09-06')).toISOString()).toBe('2026-09-06T04:00:00.000Z')
    expect(lengths(santiago.spans('day', santiago.startOf('2026-09-05'), santiago.startOf('2026-09-08')))).toEqual([24, 23, 24])
  })
  test('a change of half an hour leaves half an hour at the day’s end', () => {
    const lordHowe = createCalendar({ timezone: 'Australia/Lord_Howe', launch: '2026-01-15' })
    const hours = lengths(lordHowe.spans('hour', lordHowe.startOf('2026-04-05'), lordHowe.startOf('2026-04-06')))
    expect(hours).toHaveLength(25)
    expect(hours.at(-1)).toBe(0.5)
  })
  test('hours of a zone with half an hour begin on its own hours', () => {
    const kolkata = createCalendar({ timezone: 'Asia/Kolkata', launch: '2026-01-15' })
    expect(new Date(kolkata.periodAt('hour', utc('2026-01-15T10:00:00Z')).from).toISOString()).toBe('2026-01-15T09:30:00.000Z')
  })
})

describe('calendar weeks and months', () => {
  test('weeks begin on Monday, over the turn of the year too', () => {
    const span = newYork.periodAt('calendar_week', newYork.startOf('2026-01-01'))
    expect([newYork.date(span.from), newYork.date(span.to)]).toEqual(['2025-12-29', '2026-01-05'])
  })
  test('months have their own lengths', () => {
    const spans = newYork.spans('month', newYork.startOf('2024-02-01'), newYork.startOf('2024-05-01'))
    expect(lengths(spans)).toEqual([29 * 24, 31 * 24 - 1, 30 * 24])
  })
})

describe('quarters and years', () => {
  test('quarters begin with January, April, July and October, in the zone', () => {
    const spans = newYork.spans('quarter', newYork.startOf('2024-01-01'), newYork.startOf('2025-01-01'))
    expect(spans.map(span => newYork.date(span.from))).toEqual(['2024-01-01', '2024-04-01', '2024-07-01', '2024-10-01'])
    expect(lengths(spans)).toEqual([91 * 24 - 1, 91 * 24, 92 * 24, 92 * 24 + 1])
    expect(newYork.date(newYork.before('quarter', newYork.periodAt('quarter', newYork.startOf('2024-02-29'))).from)).toBe('2023-10-01')
  })
  test('a year begins at midnight of the zone', () => {
    const span = newYork.periodAt('year', utc('2025-01-01T04:59:59Z'))
    expect([newYork.date(span.from), newYork.date(span.to)]).toEqual(['2024-01-01', '2025-01-01'])
  })
})

test.each([
  ['day', '2025-03-01', '2024-03-01', '2024-03-02'],
  // A leap day is compared with the day before its own, as that day is.
  ['day', '2024-02-29', '2023-02-28', '2023-03-01'],
  ['day', '2024-02-28', '2023-02-28', '2023-03-01'],
  ['month', '2024-02-10', '2023-02-01', '2023-03-01'],
  ['quarter', '2026-05-05', '2025-04-01', '2025-07-01'],
  ['year', '2025-06-01', '2024-01-01', '2025-01-01'],
  // 52 weeks: Monday is compared with Monday, also after a year of 53 weeks.
  ['calendar_week', '2027-01-04', '2026-01-05', '2026-01-12'],
  ['calendar_week', '2021-01-04', '2020-01-06', '2020-01-13'],
  ['week', '2027-01-14', '2026-01-15', '2026-01-22'],
] as const)('a year before the %s of %s it is %s', (period, date, from, to) => {
  const span = newYork.yearBefore(period, newYork.periodAt(period, newYork.startOf(date)))
  expect([newYork.date(span.from), newYork.date(span.to)]).toEqual([from, to])
})

test('a year before an hour is the same hour of the clock, also where the clocks differ', () => {
  const hour = (time: string) => new Date(newYork.yearBefore('hour', { from: utc(time), to: utc(time) + HOUR }).from).toISOString()
  // March 9, 2025 has summer time from 3 o'clock on, March 9, 2024 has not.
  expect(hour('2025-03-09T15:00:00Z')).toBe('2024-03-09T16:00:00.000Z')
  expect(newYork.yearBefore('total', { from: newYork.startOf('2025-03-01'), to: newYork.startOf('2025-03-11') })).toEqual({
    from: newYork.startOf('2024-03-01'),
    to: newYork.startOf('2024-03-11'),
  })
})

test('the period before', () => {
  const week = newYork.periodAt('week', newYork.startOf('2026-01-22'))
  expect(newYork.before('week', week)).toEqual(newYork.periodAt('week', newYork.startOf('2026-01-15')))
  expect(newYork.before('total', { from: 100, to: 150 })).toEqual({ from: 50, to: 100 })
  expect(newYork.date(newYork.before('month', newYork.periodAt('month', newYork.startOf('2026-03-15'))).from)).toBe('2026-02-01')
})

test('in any zone and period, spans follow one another, cover what was asked, and agree with the period of each instant', () => {
  let seed = 7
  const random = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return seed / 4_294_967_296
  }
  for (const timezone of [
    'UTC',
    'America/New_York',
    'Europe/Berlin',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'America/Santiago',
    'Pacific/Apia',
  ]) {
    const calendar = createCalendar({ timezone, launch: '2026-01-15' })
    for (const period of PERIODS) {
      for (let i = 0; i < 12; i++) {
        const from = utc('2024-01-01T00:00:00Z') + Math.floor(random() * 3 * 365 * 24 * HOUR)
        const to =
          from + 1 + Math.floor(random() * (period === 'hour' ? 72 : period === 'quarter' || period === 'year' ? 24 * 900 : 24 * 90) * HOUR)
        const spans = calendar.spans(period, from, to)
        expect(spans[0]?.from).toBe(from)
        expect(spans.at(-1)?.to).toBe(to)
        spans.slice(1).forEach((span, k) => {
          expect(span.from).toBe(spans[k]?.to)
        })
        expect(spans.every(s => s.to > s.from)).toBe(true)
        expect(spans.slice(1, -1).every(s => s.whole)).toBe(true)
        if (period === 'total') continue
        const instant = from + Math.floor(random() * (to - from))
        const inside = spans.find(s => s.from <= instant && instant < s.to)
        const whole = calendar.periodAt(period, instant)
        expect(inside && [Math.max(whole.from, from), Math.min(whole.to, to)]).toEqual([inside?.from, inside?.to])
        expect(calendar.periodAt(period, whole.from)).toEqual(whole)
        expect(calendar.before(period, whole).to).toBe(whole.from)
      }
    }
  }
})

test('instants are dates of the zone or RFC 3339', () => {
  const zone = 'America/New_York'
  expect(parseInstant('2026-01-15', zone)).toBe(utc('2026-01-15T05:00:00Z'))
  expect(parseInstant('2026-07-15', zone)).toBe(utc('2026-07-15T04:00:00Z'))
  expect(parseInstant('2026-01-15T05:00:00.000Z', zone)).toBe(utc('2026-01-15T05:00:00Z'))
  expect(parseInstant('2026-01-15T05:00:00+02:00', zone)).toBe(utc('2026-01-15T03:00:00Z'))
  expect(parseInstant('2026-01-15T05:00:00 02:00', zone)).toBe(utc('2026-01-15T03:00:00Z'))
  for (const bad of ['', 'yesterday', '2026-02-30', '2026-1-5', '2026-01-15T05:00:00', '1768453200000', '2026-01-15T25:00:00Z']) {
    expect(parseInstant(bad, zone), bad).toBeNull()
  }
})
