/** A range of numbers; both ends are inclusive. */
export interface NumberRange {
  readonly from: number
  readonly to: number
}

/** Alertmanager's time interval: all given fields must match. A range that begins after its end wraps. */
export interface TimeInterval {
  /** Minutes of the day; `to` is exclusive. */
  readonly times?: readonly NumberRange[]
  /** 0 is Sunday. */
  readonly weekdays?: readonly NumberRange[]
  /** Negative numbers count from the month's end. */
  readonly daysOfMonth?: readonly NumberRange[]
  readonly months?: readonly NumberRange[]
  readonly years?: readonly NumberRange[]
  /** IANA time zone. Default: UTC. */
  readonly location?: string
}

interface CalendarDay {
  readonly year: number
  readonly month: number
  readonly day: number
  /** Number of days of the month. */
  readonly last: number
  readonly weekday: number
}

const DAY_MINUTES = 1_440

const formats = new Map<string, Intl.DateTimeFormat>()

function inZone(at: number, zone: string): CalendarDay & { readonly minute: number } {
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
  return { ...dayOf(year, month, day), minute: hour * 60 + minute }
}

const dayOf = (year: number, month: number, day: number): CalendarDay => ({
  year,
  month,
  day,
  last: new Date(Date.UTC(year, month, 0)).getUTCDate(),
  weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(),
})

const within = (ranges: readonly NumberRange[] | undefined, value: number) =>
  ranges === undefined || ranges.some(({ from, to }) => (from <= to ? value >= from && value <= to : value >= from || value <= to))

function dayOfMonthWithin(ranges: readonly NumberRange[] | undefined, { day, last }: CalendarDay): boolean {
  if (ranges === undefined) return true
  const fromStart = (n: number) => (n < 0 ? last + n + 1 : n)
  return ranges.some(({ from, to }) => {
    const [first, end] = [fromStart(from), fromStart(to)]
    if (first <= end) return day >= first && day <= end
    // 29:-1 is empty in a month of 28 days; 25:5 and -3:2 wrap past the month's end.
    return !(from > 0 && to < 0) && (day >= first || day <= end)
  })
}

const matchesDay = (interval: TimeInterval, day: CalendarDay) =>
  within(interval.weekdays, day.weekday) &&
  dayOfMonthWithin(interval.daysOfMonth, day) &&
  within(interval.months, day.month) &&
  within(interval.years, day.year)

const matchesMinute = ({ times }: TimeInterval, minute: number) =>
  times === undefined || times.some(({ from, to }) => (from < to ? minute >= from && minute < to : minute >= from || minute < to))

/** Whether a time is in any of the intervals, each in its own time zone. */
export function inIntervals(intervals: readonly TimeInterval[], at: number): boolean {
  return intervals.some(interval => {
    const time = inZone(at, interval.location ?? 'UTC')
    return matchesMinute(interval, time.minute) && matchesDay(interval, time)
  })
}

/** Years after which weekdays and leap days repeat. */
const CYCLE = 28
const FIRST_YEAR = 2024

/** Whether intervals of one zone match never, always, or sometimes. */
export function whenMatches(intervals: readonly TimeInterval[]): 'never' | 'always' | 'sometimes' {
  const named = intervals.flatMap(({ years }) => years ?? []).map(({ from }) => from)
  const years = new Set([FIRST_YEAR, ...named].flatMap(first => Array.from({ length: CYCLE }, (_, i) => first + i)))
  // Checking the minutes at which intervals begin or end is enough.
  const minutes = [0, ...intervals.flatMap(({ times }) => (times ?? []).flatMap(({ from, to }) => [from, to]))].filter(m => m < DAY_MINUTES)
  let some = false
  let every = true
  for (const year of years) {
    for (let month = 1; month <= 12; month++) {
      const { last } = dayOf(year, month, 1)
      for (let day = 1; day <= last; day++) {
        const date = dayOf(year, month, day)
        const open = intervals.filter(interval => matchesDay(interval, date))
        for (const minute of minutes) {
          if (open.some(interval => matchesMinute(interval, minute))) some = true
          else every = false
          if (some && !every) return 'sometimes'
        }
      }
    }
  }
  return some ? 'always' : 'never'
}
