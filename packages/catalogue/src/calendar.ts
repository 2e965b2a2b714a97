import { Temporal } from 'temporal-polyfill'
import { CALENDAR_PERIODS, type CalendarPeriod, type Period, type PeriodSpan } from './catalogue.ts'
import { DAY_MS, HOUR_MS } from './time.ts'

export const PERIODS: readonly Period[] = [...CALENDAR_PERIODS, 'total']

/** A period, or the part of it within the requested span. */
export interface CalendarSpan extends PeriodSpan {
  /** False if the requested span cuts the period short. */
  readonly whole: boolean
}

/**
 * The product's periods as spans of time. Days begin at midnight of the zone (or at the first instant of the day, where daylight saving skips
 * midnight), so they may have 23 or 25 hours. Hours are counted from the beginning of the day. `week` is counted from the launch day in both
 * directions, `calendar_week` begins on Monday, `quarter` in January, April, July or October.
 */
export interface Calendar {
  readonly timezone: string
  /** The periods that overlap the span, in order and without gaps; the first and last one are cut to it. */
  spans(period: Period, from: number, to: number): readonly CalendarSpan[]
  /** The whole period that contains the instant. */
  periodAt(period: CalendarPeriod, instant: number): PeriodSpan
  /** The whole period before the one in which the span begins; for `total`, the span of equal length directly before it. */
  before(period: Period, span: PeriodSpan): PeriodSpan
  /**
   * The whole period a year before the one in which the span begins: for hours and days the same date and time of day (February 28 for the
   * 29th), for months, quarters and years the same one, for weeks the 52nd week before, so that weekdays match. For `total`, both ends moved
   * by a year.
   */
  yearBefore(period: Period, span: PeriodSpan): PeriodSpan
  /** 1 for the week of the launch; 0 and less before it. */
  weekNumber(instant: number): number
  /** The day that contains the instant, `YYYY-MM-DD`. */
  date(instant: number): string
  /** The beginning of a day, epoch ms. */
  startOf(date: string): number
}

/** The shortest duration of each period, ms, from which callers compute an upper bound on the number of spans. */
export const SHORTEST_MS: Readonly<Record<CalendarPeriod, number>> = {
  hour: 1_800_000,
  day: 22 * HOUR_MS,
  week: 6.9 * DAY_MS,
  calendar_week: 6.9 * DAY_MS,
  month: 27.9 * DAY_MS,
  quarter: 89.9 * DAY_MS,
  year: 364.9 * DAY_MS,
}

const LENGTHS: Readonly<Record<Exclude<CalendarPeriod, 'hour'>, Temporal.DurationLike>> = {
  day: { days: 1 },
  week: { weeks: 1 },
  calendar_week: { weeks: 1 },
  month: { months: 1 },
  quarter: { months: 3 },
  year: { years: 1 },
}

/** How many spans are cached: computing one takes 50 µs, so a chart of many weeks would block the process. */
const MAX_CACHED = 20_000

export function createCalendar(product: { readonly timezone: string; readonly launch: string }): Calendar {
  const zone = product.timezone
  const launch = Temporal.PlainDate.from(product.launch)
  const dateOf = (instant: number) => Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone).toPlainDate()
  const startOf = (date: Temporal.PlainDate) => date.toZonedDateTime({ timeZone: zone }).epochMilliseconds
  const yearEarlier = (instant: number) =>
    Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone).subtract({ years: 1 }).epochMilliseconds
  const weeksSinceLaunch = (date: Temporal.PlainDate) => Math.floor(launch.until(date, { largestUnit: 'days' }).days / 7)

  const firstDay = (period: Exclude<CalendarPeriod, 'hour'>, date: Temporal.PlainDate): Temporal.PlainDate => {
    switch (period) {
      case 'day':
        return date
      case 'week':
        return launch.add({ days: weeksSinceLaunch(date) * 7 })
      case 'calendar_week':
        return date.subtract({ days: date.dayOfWeek - 1 })
      case 'month':
        return date.with({ day: 1 })
      case 'quarter':
        return date.with({ day: 1, month: date.month - ((date.month - 1) % 3) })
      case 'year':
        return date.with({ day: 1, month: 1 })
    }
  }

  const periodOf = (period: CalendarPeriod, instant: number): PeriodSpan => {
    const date = dateOf(instant)
    if (period === 'hour') {
      const midnight = startOf(date)
      const from = midnight + Math.floor((instant - midnight) / HOUR_MS) * HOUR_MS
      return { from, to: Math.min(from + HOUR_MS, startOf(date.add({ days: 1 }))) }
    }
    const first = firstDay(period, date)
    return { from: startOf(first), to: startOf(first.add(LENGTHS[period])) }
  }

  const cache = new Map<string, PeriodSpan>()
  const periodAt = (period: CalendarPeriod, instant: number): PeriodSpan => {
    // Callers walk adjacent spans, so most look-ups are by the beginning of a span.
    const found = cache.get(`${period} ${instant}`)
    if (found) return found
    const span = periodOf(period, instant)
    if (cache.size >= MAX_CACHED) cache.clear()
    cache.set(`${period} ${span.from}`, span)
    return span
  }

  return {
    timezone: zone,
    periodAt,
    spans(period, from, to) {
      if (to <= from) return []
      if (period === 'total') return [{ from, to, whole: true }]
      const found: CalendarSpan[] = []
      for (let at = from; at < to; ) {
        const span = periodAt(period, at)
        found.push({ from: Math.max(span.from, from), to: Math.min(span.to, to), whole: span.from >= from && span.to <= to })
        at = span.to
      }
      return found
    },
    before(period, span) {
      if (period === 'total') return { from: span.from - (span.to - span.from), to: span.from }
      return periodAt(period, periodAt(period, span.from).from - 1)
    },
    yearBefore(period, span) {
      if (period === 'total') return { from: yearEarlier(span.from), to: yearEarlier(span.to) }
      const { from } = periodAt(period, span.from)
      if (period === 'week' || period === 'calendar_week') return periodAt(period, startOf(dateOf(from).subtract({ weeks: 52 })))
      return periodAt(period, yearEarlier(from))
    },
    weekNumber: instant => weeksSinceLaunch(dateOf(instant)) + 1,
    date: instant => dateOf(instant).toString(),
    startOf: date => startOf(Temporal.PlainDate.from(date)),
  }
}

const DATE = /^\d{4}-\d{2}-\d{2}$/
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:\d{2})$/

/** Epoch milliseconds of a date (its beginning in the zone) or of an RFC 3339 time; null for anything else. */
export function parseInstant(text: string, timezone: string): number | null {
  // An unescaped plus sign in a query string is decoded as a space.
  const tidy = text.trim().replace(/ (\d{2}:\d{2})$/, (match, offset: string, at: number) => (at > 10 ? `+${offset}` : match))
  try {
    if (DATE.test(tidy)) return Temporal.PlainDate.from(tidy).toZonedDateTime({ timeZone: timezone }).epochMilliseconds
    if (RFC_3339.test(tidy)) return Temporal.Instant.from(tidy).epochMilliseconds
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return null
}

const LOCAL_TIME = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?$/

/** As {@link parseInstant}, and also accepts a time without an offset, which is in the zone. */
export function parseTime(text: string, timezone: string): number | null {
  const tidy = text.trim()
  if (!LOCAL_TIME.test(tidy)) return parseInstant(tidy, timezone)
  try {
    return Temporal.PlainDateTime.from(tidy, { overflow: 'reject' }).toZonedDateTime(timezone).epochMilliseconds
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return null
  }
}
