import { z } from 'zod'

/** A range of numbers, both ends included. */
export interface NumberRange {
  readonly from: number
  readonly to: number
}

/** Alertmanager's time interval; all given fields must hold. */
export interface TimeInterval {
  /** Minutes of the day; `to` excluded. */
  readonly times?: readonly NumberRange[]
  /** 0 is Sunday. */
  readonly weekdays?: readonly NumberRange[]
  /** Negative counts from the month's end. */
  readonly daysOfMonth?: readonly NumberRange[]
  readonly months?: readonly NumberRange[]
  readonly years?: readonly NumberRange[]
  /** IANA zone; UTC where absent. */
  readonly location?: string
}

export const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const
const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december']

const numberRange = (names: readonly string[], base: number, what: string) =>
  z.union([z.string(), z.number()]).transform((given, context): NumberRange => {
    const numberOf = (part: string) => {
      const named = names.indexOf(part.trim().toLowerCase())
      return named >= 0 ? named + base : /^-?\d+$/.test(part.trim()) ? Number(part) : Number.NaN
    }
    const [first = '', last = first] = String(given).split(':')
    const range = { from: numberOf(first), to: numberOf(last) }
    if (!Number.isNaN(range.from) && !Number.isNaN(range.to)) return range
    context.addIssue({ code: 'custom', message: `"${given}" is no ${what}` })
    return z.NEVER
  })

/** `HH:MM` as minutes of the day. */
export const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time of day is HH:MM')
  .transform(given => Number(given.slice(0, 2)) * 60 + Number(given.slice(3)))

const location = z.string().refine(zone => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }))
  } catch {
    return false
  }
}, 'an IANA time zone such as Europe/Berlin')

/** A time interval of `channels.yaml`. */
export const timeIntervalSchema = z
  .strictObject({
    times: z
      .array(
        z.strictObject({
          start_time: timeOfDay.describe('HH:MM, included.'),
          end_time: timeOfDay.describe('HH:MM, excluded; 24:00 is the end of the day.'),
        }),
      )
      .optional()
      .describe('Times of the day.'),
    weekdays: z
      .array(numberRange(WEEKDAYS, 0, 'weekday'))
      .optional()
      .describe('Days, or ranges such as monday:friday.'),
    days_of_month: z
      .array(numberRange([], 0, 'day of a month'))
      .optional()
      .describe('Days, or ranges such as 1:7; -1 is the last one of the month.'),
    months: z
      .array(numberRange(MONTHS, 1, 'month'))
      .optional()
      .describe('Months by name or number, or ranges such as june:august.'),
    years: z
      .array(numberRange([], 0, 'year'))
      .optional()
      .describe('Years, or ranges such as 2026:2028.'),
    location: location.optional().describe('The IANA time zone, such as Europe/Berlin. Default: UTC.'),
  })
  .transform(
    (given): TimeInterval => ({
      times: given.times?.map(({ start_time, end_time }) => ({ from: start_time, to: end_time })),
      weekdays: given.weekdays,
      daysOfMonth: given.days_of_month,
      months: given.months,
      years: given.years,
      location: given.location,
    }),
  )
