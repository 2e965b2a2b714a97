import { describe, expect, it, test } from 'vitest'
import { timeIntervalSchema } from './time-interval-file.ts'
import { inIntervals } from './time-intervals.ts'

const at = (text: string) => Date.parse(`${text}:00Z`)
const matches = (interval: object, time: string) => inIntervals([timeIntervalSchema.parse(interval)], at(time))
const times = (start_time: string, end_time: string) => ({ times: [{ start_time, end_time }] })

describe('a range that wraps means what it says', () => {
  test.each<[object, string, boolean]>([
    [times('18:00', '08:00'), '2026-01-20T18:00', true],
    [times('18:00', '08:00'), '2026-01-20T23:59', true],
    [times('18:00', '08:00'), '2026-01-20T00:00', true],
    [times('18:00', '08:00'), '2026-01-20T07:59', true],
    [times('18:00', '08:00'), '2026-01-20T08:00', false],
    [times('18:00', '08:00'), '2026-01-20T17:59', false],
    [{ weekdays: ['saturday:monday'] }, '2026-01-18T12:00', true],
    [{ weekdays: ['saturday:monday'] }, '2026-01-19T12:00', true],
    [{ weekdays: ['saturday:monday'] }, '2026-01-20T12:00', false],
    [{ months: ['november:february'] }, '2026-01-20T12:00', true],
    [{ months: ['november:february'] }, '2026-03-01T12:00', false],
    [{ days_of_month: ['25:5'] }, '2026-01-31T12:00', true],
    [{ days_of_month: ['25:5'] }, '2026-01-05T12:00', true],
    [{ days_of_month: ['25:5'] }, '2026-01-06T12:00', false],
    [{ days_of_month: ['-2:1'] }, '2026-02-27T12:00', true],
    [{ days_of_month: ['-2:1'] }, '2026-02-26T12:00', false],
    [{ days_of_month: ['31:-1'] }, '2026-02-28T12:00', false],
    [{ days_of_month: ['31:-1'] }, '2026-01-31T12:00', true],
  ])('%j at %s: %s', (interval, time, expected) => {
    expect(matches(interval, time)).toBe(expected)
  })
})

it.each<[object, string]>([
  [times('08:00', '08:00'), 'never matches'],
  [times('00:00', '24:00'), 'always matches'],
  [{ times: [...times('08:00', '20:00').times, ...times('20:00', '08:00').times] }, 'always matches'],
  [{}, 'always matches'],
  [{ weekdays: ['sunday:saturday'] }, 'always matches'],
  [{ days_of_month: ['1:-1'], months: ['january:december'] }, 'always matches'],
  [{ days_of_month: [30, 31], months: ['february'] }, 'never matches'],
  [{ years: ['2028:2026'] }, 'never matches'],
  [{ weekdays: [] }, 'never matches'],
  [{ weekdays: [7] }, 'is not a weekday: write monday, or monday:friday'],
  [{ weekdays: ['mon'] }, 'is not a weekday: write monday'],
  [{ weekdays: ['monday-friday'] }, 'write monday, or monday:friday'],
  [{ months: ['nov'] }, 'is not a month: write november or 11, or november:february'],
  [{ weekdays: [1], location: '+02:00' }, 'expected an IANA time zone, such as Europe/Berlin, got'],
  [{ months: ['13'] }, 'is not a month'],
  [{ days_of_month: [0] }, 'is not a day of a month'],
  [{ weekdays: ['monday:tuesday:friday'] }, 'is not a weekday'],
])('%j is a mistake: %s', (interval, message) => {
  expect(JSON.stringify(timeIntervalSchema.safeParse(interval).error?.issues)).toContain(message)
})

it.each([[{ days_of_month: [29], months: ['february'] }], [{ years: ['1999:2001'], weekdays: ['monday'] }], [times('00:00', '23:59')]])(
  '%j matches sometimes',
  interval => {
    expect(timeIntervalSchema.safeParse(interval).success).toBe(true)
  },
)
