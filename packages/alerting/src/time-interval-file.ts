import { timeZoneSchema } from '@northstar/catalogue'
import { z } from 'zod'
import { type NumberRange, type TimeInterval, whenMatches } from './time-intervals.ts'

export const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const
const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december']

interface RangeKind {
  readonly what: string
  /** How one and a range are written. */
  readonly written: string
  readonly names?: readonly string[]
  /** The number of the first name. */
  readonly base?: number
  readonly isValid: (n: number) => boolean
  /** Whether a range may begin after its end, as friday:monday. */
  readonly wraps: boolean
}

function numberRange({ what, written, names = [], base = 0, isValid, wraps }: RangeKind) {
  return z.union([z.string(), z.number()]).transform((given, context): NumberRange => {
    const numberOf = (part: string) => {
      const named = names.indexOf(part.trim().toLowerCase())
      return named >= 0 ? named + base : /^-?\d+$/.test(part.trim()) ? Number(part) : Number.NaN
    }
    const parts = String(given).split(':')
    const [first = '', last = first] = parts
    const range = { from: numberOf(first), to: numberOf(last) }
    if (parts.length > 2 || !isValid(range.from) || !isValid(range.to)) {
      context.addIssue({ code: 'custom', message: `"${given}" is not a ${what}: write ${written}` })
      return z.NEVER
    }
    if (!wraps && range.from > range.to) {
      context.addIssue({ code: 'custom', message: `"${given}" never matches: it begins after its end` })
      return z.NEVER
    }
    return range
  })
}

const between = (least: number, most: number) => (n: number) => n >= least && n <= most
const weekday = numberRange({ what: 'weekday', written: 'monday, or monday:friday', names: WEEKDAYS, isValid: between(0, 6), wraps: true })
const month = numberRange({
  what: 'month',
  written: 'november or 11, or november:february',
  names: MONTHS,
  base: 1,
  isValid: between(1, 12),
  wraps: true,
})
const dayOfMonth = numberRange({
  what: 'day of a month',
  written: '1 to 31, -1 for the last, or 1:7',
  isValid: n => between(1, 31)(Math.abs(n)),
  wraps: true,
})
const year = numberRange({ what: 'year', written: '2026, or 2026:2028', isValid: between(1970, 9999), wraps: false })

/** `HH:MM` as minutes of the day. */
export const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time of day is HH:MM')
  .transform(given => Number(given.slice(0, 2)) * 60 + Number(given.slice(3)))

/** A time interval of `channels.yaml`. */
export const timeIntervalSchema = z
  .strictObject({
    times: z
      .array(
        z
          .strictObject({
            start_time: timeOfDay.describe('HH:MM, included.'),
            end_time: timeOfDay.describe('HH:MM, excluded; 24:00 is the end of the day. Before start_time: past midnight.'),
          })
          .refine(({ start_time, end_time }) => start_time !== end_time, {
            error: 'start_time and end_time are the same, which never matches',
          }),
      )
      .optional()
      .describe('Times of the day. 18:00 to 08:00 goes past midnight.'),
    weekdays: z.array(weekday).optional().describe('Days, or ranges such as monday:friday or saturday:monday.'),
    days_of_month: z.array(dayOfMonth).optional().describe('Days, or ranges such as 1:7; -1 is the last one of the month.'),
    months: z.array(month).optional().describe('Months by name or number, or ranges such as november:february.'),
    years: z.array(year).optional().describe('Years, or ranges such as 2026:2028.'),
    location: timeZoneSchema.optional().describe('The IANA time zone, such as Europe/Berlin. Default: UTC.'),
  })
  .transform((given, context): TimeInterval => {
    const interval = {
      times: given.times?.map(({ start_time, end_time }) => ({ from: start_time, to: end_time })),
      weekdays: given.weekdays,
      daysOfMonth: given.days_of_month,
      months: given.months,
      years: given.years,
      location: given.location,
    }
    const when = whenMatches([interval])
    if (when !== 'sometimes') context.addIssue({ code: 'custom', message: `this interval ${when} matches` })
    return interval
  })
