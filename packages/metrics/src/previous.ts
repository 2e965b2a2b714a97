import type { Calendar, CalendarSpan, Filter, Period, PeriodSpan } from '@northstar/catalogue'
import { mapInSlices } from './slices.ts'

export type EarlierPeriod = 'previous' | 'year'

/**
 * The span that a span is compared with: the preceding whole period, or the one a year before; for a running period, or one that the question
 * cuts, the same part of it. Null if that period is too short to have the part.
 */
export function previousSpan(
  calendar: Calendar,
  period: Period,
  span: CalendarSpan,
  now: number,
  earlier: EarlierPeriod = 'previous',
): PeriodSpan | null {
  const before = earlier === 'year' ? calendar.yearBefore(period, span) : calendar.before(period, span)
  const own = period === 'total' ? span : calendar.periodAt(period, span.from)
  const isRunning = span.from <= now && now < span.to
  const begins = before.from + (span.from - own.from)
  const ends =
    span.to === own.to && !isRunning
      ? before.to
      : Math.min(before.to, before.from + (Math.min(span.to, isRunning ? now : span.to) - own.from))
  return begins < ends ? { from: begins, to: ends } : null
}

/** Spans that are measured together. They follow each other without gaps. */
export interface Run {
  /** Replaces the question's filters. */
  readonly filters?: readonly Filter[]
  readonly spans: readonly CalendarSpan[]
}

export interface ComparedRuns {
  readonly runs: readonly Run[]
  /** For each span of the question, the run and index of the span that it is compared with; null without one. */
  readonly previous: readonly ({ readonly run: number; readonly index: number } | null)[]
  /** Number of spans of the first run before the question's own. */
  readonly skipped: number
}

/** The question's spans measured by its own filters and by others. */
export const comparedFilters = (spans: readonly CalendarSpan[], filters: readonly Filter[]): ComparedRuns => ({
  runs: [{ spans }, { spans, filters }],
  previous: spans.map((_, index) => ({ run: 1, index })),
  skipped: 0,
})

/**
 * The question's spans as the first run, which also has the compared period if it directly precedes them. Other compared periods are in further
 * runs, one for each sequence of spans without gaps.
 */
export async function comparedRuns(
  calendar: Calendar,
  period: Period,
  spans: readonly CalendarSpan[],
  now: number,
  earlier: EarlierPeriod,
): Promise<ComparedRuns> {
  const wanted = await mapInSlices(spans, span => previousSpan(calendar, period, span, now, earlier))
  const [first] = wanted
  const joined = first && first.to === spans[0]?.from ? [{ ...first, whole: true }, ...spans] : spans
  const others: CalendarSpan[][] = []
  const keyOf = ({ from, to }: PeriodSpan) => `${from}-${to}`
  const known = new Map(joined.map((span, index) => [keyOf(span), { run: 0, index }]))
  const indexOf = (span: PeriodSpan) => {
    const found = known.get(keyOf(span))
    if (found) return found
    const last = others.at(-1)
    const follows = last?.at(-1)?.to === span.from
    const run = follows && last ? last : []
    if (run !== last) others.push(run)
    const added = { run: others.length, index: run.push({ ...span, whole: false }) - 1 }
    known.set(keyOf(span), added)
    return added
  }
  const previous = wanted.map(span => span && indexOf(span))
  return { runs: [{ spans: joined }, ...others.map(run => ({ spans: run }))], previous, skipped: joined.length - spans.length }
}
