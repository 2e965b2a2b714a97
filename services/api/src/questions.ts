import { type Calendar, type Period, type Product, parseInstant } from '@northstar/catalogue'
import type { Question } from '@northstar/http-api'
import { bucketStart, RESOLUTIONS } from '@northstar/live-counters'
import type { MetricQuestion } from '@northstar/metrics'
import { HttpProblem } from '@northstar/runtime'

const DAY_MS = 86_400_000

/** The question of a request, with its times resolved. @throws HttpProblem 400 for a time that cannot be read */
export function parseQuestion(metric: string, query: Question, product: Product, calendar: Calendar, now: number): MetricQuestion {
  const { period, by, compare, release, source, where } = query
  const time = (name: 'from' | 'to') => {
    const text = query[name]
    if (text === undefined) return undefined
    const at = parseInstant(text, product.timezone)
    if (at !== null) return at
    throw new HttpProblem({
      status: 400,
      code: 'bad_range',
      field: name,
      detail: `\`${name}\` is "${text.slice(0, 100)}": expected a date such as 2026-01-15, or an RFC 3339 time`,
    })
  }
  const to = time('to') ?? (period === 'total' ? endOfBucket(now) : calendar.periodAt(period, now).to)
  const from = time('from') ?? defaultFrom(period, to, calendar.startOf(product.launch), calendar)
  return { metric, from, to, period, source, by, release, compare, where }
}

/** Where the live counters can end a window that holds everything up to now. */
const endOfBucket = (now: number) => bucketStart(RESOLUTIONS[0], now) + RESOLUTIONS[0].lengthMs

/** A day of hours, four weeks of days, everything since the launch of longer periods. */
function defaultFrom(period: Period, to: number, launch: number, calendar: Calendar): number {
  if (period === 'hour') return to - DAY_MS
  const fourWeeks = calendar.periodAt('day', to - 28 * DAY_MS).from
  return period === 'day' || launch >= to ? fourWeeks : launch
}
