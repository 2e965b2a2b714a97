import {
  type Calendar,
  type CalendarSpan,
  declarationsOf,
  type Filter,
  filterMistake,
  nearest,
  PERIODS,
  type Period,
  type Property,
  SHORTEST_MS,
  type TrackingPlan,
} from '@northstar/catalogue'
import { MetricQueryError } from './errors.ts'
import type { EarlierPeriod } from './previous.ts'
import { mapInSlices } from './slices.ts'

/** A question about one metric. */
export interface MetricQuestion {
  readonly metric: string
  /** Epoch ms, `to` excluded. */
  readonly from: number
  readonly to: number
  readonly period: Period
  /** The property of the breakdown: one value for each of its values. */
  readonly by?: string
  /** Maximum number of members of the breakdown, those with the largest samples. Default: all. */
  readonly limit?: number
  /** Filters by property: any of the values, as text or as they are. */
  readonly where?: Readonly<Record<string, string | number | boolean | readonly (string | number | boolean)[]>>
  /** Only events of this release; joined with the other filters by and. */
  readonly release?: string
  /**
   * `previous`: with the preceding period. `year`: with the one a year before. `release:VERSION`: with another release in the same period.
   * `previous_release`: the newest release at `to` with the one before, both at the age of the newest, at most the length of the span.
   */
  readonly compare?: EarlierPeriod | 'previous_release' | `release:${string}`
  /**
   * Default `auto`: the live counters for up to 48 hours whose buckets are still kept, else the warehouse. `live` rejects with
   * `not_available` if the live counters cannot answer.
   */
  readonly source?: 'auto' | 'live' | 'warehouse'
}

const MAX_POINTS = 20_000
/** Maximum number of points that are measured for an answer with a limit of members. */
const MAX_MEASURED = 200_000
/** The times that the warehouse can store. */
const EARLIEST = Date.UTC(1900, 0, 1)
const LATEST = Date.UTC(2299, 11, 31)

/** The question's periods in order. Rejects an empty span, and more periods than one answer may have. */
export async function spansOf({ period, from, to }: MetricQuestion, calendar: Calendar): Promise<readonly CalendarSpan[]> {
  if (!PERIODS.includes(period)) throw unknown('unknown_period', 'period', period, PERIODS, 'period')
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from >= to) {
    throw new MetricQueryError('bad_range', '`from` must be before `to`', { field: 'from' })
  }
  if (from < EARLIEST || to > LATEST) {
    const field = from < EARLIEST ? 'from' : 'to'
    throw new MetricQueryError('bad_range', '`from` must not lie before 1900-01-01, nor `to` after 2299-12-31', { field })
  }
  checkSize(period === 'total' ? 1 : Math.ceil((to - from) / SHORTEST_MS[period]))
  return period === 'total' ? calendar.spans(period, from, to) : mapInSlices(periodsOf(period, from, to, calendar), span => span)
}

function* periodsOf(period: Exclude<Period, 'total'>, from: number, to: number, calendar: Calendar): Generator<CalendarSpan> {
  for (let at = from; at < to; ) {
    const whole = calendar.periodAt(period, at)
    yield { from: Math.max(whole.from, from), to: Math.min(whole.to, to), whole: whole.from >= from && whole.to <= to }
    at = whole.to
  }
}

export function checkSize(points: number, limit?: number): void {
  const most = limit === undefined ? MAX_POINTS : MAX_MEASURED
  if (points <= most) return
  const message = `${points} points are too many (at most ${most}): ask for a shorter span or longer periods`
  throw new MetricQueryError('too_much', message, { field: 'period' })
}

/** The question's filters, with values converted to the properties' types. */
export function filtersOf(
  where: NonNullable<MetricQuestion['where']>,
  dimensions: readonly string[],
  plan: TrackingPlan,
): readonly Filter[] {
  return Object.entries(where).map(([property, given]) => {
    if (!dimensions.includes(property)) throw unknown('unknown_property', 'property', property, dimensions, `where.${property}`)
    const type = plan.columns.find(c => c.name === property)?.type ?? 'string'
    const values = Array.isArray(given) ? given : [given]
    const filter: Filter = { property, op: 'in', values: values.map(value => typedValue(type, value)) }
    const mistakes = (declarationsOf(plan).get(property) ?? []).map(declared => filterMistake(filter, declared))
    const mistake = mistakes.every(m => m !== undefined) ? mistakes[0] : undefined
    if (mistake)
      throw new MetricQueryError('unknown_value', mistake.message, {
        ...hints(String(values[0]), mistake.valid),
        field: `where.${property}`,
      })
    return filter
  })
}

/** The release that a question is compared with, or null. */
export const comparedRelease = ({ compare }: MetricQuestion): string | null =>
  compare?.startsWith(RELEASE_PREFIX) ? compare.slice(RELEASE_PREFIX.length) : null

/** The earlier periods that a question is compared with, or null. */
export const comparedPeriod = ({ compare }: MetricQuestion): EarlierPeriod | null =>
  compare === 'previous' || compare === 'year' ? compare : null

const RELEASE_PREFIX = 'release:'
const DECIMAL = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** Converts a text to the type; returns the text if it is not a value of the type. */
export function typedValue(type: Property['type'], text: string | number | boolean): string | number | boolean {
  if (typeof text !== 'string') return text
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return type !== 'string' && DECIMAL.test(text) ? Number(text) : text
}

const hints = (word: string, valid: readonly string[]) => {
  const near = nearest(word, valid)
  return { valid, ...(near !== undefined && { nearest: near }) }
}

/** @param field the field of the question that has the word */
export function unknown(
  code: MetricQueryError['code'],
  what: string,
  word: string,
  valid: readonly string[],
  field: string,
): MetricQueryError {
  return new MetricQueryError(code, `there is no ${what} "${word.slice(0, 100)}"`, { ...hints(word, valid), field })
}
