import type { NumberRange, TimeInterval } from './time-interval-file.ts'

interface CalendarTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly weekday: number
  readonly minute: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

function inZone(at: number, zone: string): CalendarTime {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    })
    formats.set(zone, format)
  }
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = part
  return { year, month, day, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(), minute: hour * 60 + minute }
}

/** Minutes since midnight by the zone's clocks. */
export const minuteOfDay = (at: number, zone: string): number => inZone(at, zone).minute

const within = (ranges: readonly NumberRange[] | undefined, value: number) =>
  ranges === undefined || ranges.some(({ from, to }) => value >= from && value <= to)

function dayOfMonthWithin(ranges: readonly NumberRange[] | undefined, { year, month, day }: CalendarTime): boolean {
  if (ranges === undefined) return true
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const fromStart = (n: number) => (n < 0 ? last + n + 1 : n)
  return ranges.some(({ from, to }) => day >= fromStart(from) && day <= fromStart(to))
}

/** Whether the time lies in any of the intervals, each in its own zone, daylight saving included. */
export function inIntervals(intervals: readonly TimeInterval[], at: number): boolean {
  return intervals.some(interval => {
    const time = inZone(at, interval.location ?? 'UTC')
    return (
      (interval.times === undefined || interval.times.some(({ from, to }) => time.minute >= from && time.minute < to)) &&
      within(interval.weekdays, time.weekday) &&
      dayOfMonthWithin(interval.daysOfMonth, time) &&
      within(interval.months, time.month) &&
      within(interval.years, time.year)
    )
  })
}
