import { type Calendar, DAY_MS, HOUR_MS, type Period, type Product, parseInstant } from '@northstar/catalogue'
import type { Question } from '@northstar/http-api'
import { bucketStart, RESOLUTIONS } from '@northstar/live-counters'
import type { MetricQuestion } from '@northstar/metrics'
import { badValue } from '@northstar/runtime'

const UNITS_MS = { m: 60_000, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS } as const

/** Parses the query of a request and resolves its times. @throws HttpProblem 400 for an invalid time */
export function parseQuestion(metric: string, query: Question, product: Product, calendar: Calendar, now: number): MetricQuestion {
  const { period, by, limit, compare, release, source, where } = query
  const time = (name: 'from' | 'to') => {
    const text = query[name]
    if (text === undefined) return undefined
    const at = parseInstant(text, product.timezone) ?? relativeTime(text, period, calendar, now)
    if (at !== null) return at
    const expected = 'a date such as 2026-01-15, an RFC 3339 time, or a duration before now such as -24h'
    throw badValue(name, `\`${name}\` is "${text.slice(0, 100)}": expected ${expected}`, { code: 'bad_range' })
  }
  const to = time('to') ?? (period === 'total' ? endOfBucket(now) : calendar.periodAt(period, now).to)
  const from = time('from') ?? defaultFrom(period, to, calendar.startOf(product.launch), calendar)
  return { metric, from, to, period, source, by, limit, release, compare, where }
}

/** Resolves `-24h` or `-7d` to the start of its period; for `total`, to the start of a bucket of the live counters. */
function relativeTime(text: string, period: Period, calendar: Calendar, now: number): number | null {
  const [, count, unit] = /^-(\d{1,4})([mhdw])$/.exec(text) ?? []
  if (count === undefined) return null
  const at = now - Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS]
  return period === 'total' ? bucketStart(RESOLUTIONS[1], at) : calendar.periodAt(period, at).from
}

/** The earliest end of a window of the live counters that includes now. */
const endOfBucket = (now: number) => bucketStart(RESOLUTIONS[0], now) + RESOLUTIONS[0].lengthMs

/** The default is a day for hours, four weeks for days, and everything since the launch for longer periods. */
function defaultFrom(period: Period, to: number, launch: number, calendar: Calendar): number {
  if (period === 'hour') return to - DAY_MS
  const fourWeeks = calendar.periodAt('day', to - 28 * DAY_MS).from
  return period === 'day' || launch >= to ? fourWeeks : launch
}
