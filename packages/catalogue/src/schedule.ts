import { Temporal } from 'temporal-polyfill'
import * as z from 'zod'
import { MINUTE_MS } from './time.ts'

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

/** A time of day in a schedule. */
export const timeOfDaySchema = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day is HH:MM')
  .describe('HH:MM in the product’s time zone.')

/** `schedule:` of a report or a collector. */
export const scheduleSchema = z.union([
  z.strictObject({
    at: timeOfDaySchema,
    weekdays: z.array(z.enum(WEEKDAYS)).min(1).optional().describe('Only on these days. Default: every day.'),
    month_days: z.array(z.int().min(1).max(31)).min(1).optional().describe('Only on these days of the month.'),
  }),
  z.strictObject({ every_minutes: z.int().min(1).max(1_440).describe('Due whenever this many minutes have passed.') }),
])

export type Schedule = z.output<typeof scheduleSchema>

/** Every weekday and every day of a month, February 29 included, occurs within this many days. */
const SEARCH_DAYS = 4 * 366

/**
 * The first due time after an instant, epoch ms. A time of day is due once on its date: one that daylight saving skips is due later by the
 * shift of the clocks, one that occurs twice is due the first time.
 */
export function nextDue(schedule: Schedule, after: number, timezone: string): number {
  return due(schedule, after, timezone, 1)
}

/** The last due time at or before an instant, epoch ms. */
export function lastDue(schedule: Schedule, at: number, timezone: string): number {
  return due(schedule, at, timezone, -1)
}

function due(schedule: Schedule, instant: number, timezone: string, direction: 1 | -1): number {
  if ('every_minutes' in schedule) {
    const step = schedule.every_minutes * MINUTE_MS
    return (Math.floor(instant / step) + (direction === 1 ? 1 : 0)) * step
  }
  const time = Temporal.PlainTime.from(schedule.at)
  let date = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timezone).toPlainDate().subtract({ days: direction })
  for (let day = 0; day < SEARCH_DAYS; day++) {
    if (isOn(schedule, date)) {
      const at = date.toZonedDateTime({ timeZone: timezone, plainTime: time }).epochMilliseconds
      if (direction === 1 ? at > instant : at <= instant) return at
    }
    date = date.add({ days: direction })
  }
  throw new RangeError('the schedule has no due day: its weekdays and month_days never coincide')
}

function isOn({ weekdays, month_days }: Extract<Schedule, { at: string }>, date: Temporal.PlainDate): boolean {
  const weekday = WEEKDAYS[date.dayOfWeek - 1]
  if (weekdays && !(weekday && weekdays.includes(weekday))) return false
  return month_days === undefined || month_days.includes(date.day)
}
