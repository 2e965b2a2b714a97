import type { Calendar, CalendarSpan, Filter, Period, PeriodSpan } from '@northstar/catalogue'
import { mapInSlices } from './slices.ts'

export type EarlierPeriod = 'previous' | 'year'

/**
 * The span that a span is compared with: the whole period before a whole one, or the one a year before; of a running period, or one that the
 * question cuts, the same part of that period. Null where it is too short to have the part.
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

/** Spans to measure at once: they follow each other without gaps. */
export interface Run {
  /** In place of the question's filters. */
  readonly filters?: readonly Filter[]
  readonly spans: readonly CalendarSpan[]
}

export interface ComparedRuns {
  readonly runs: readonly Run[]
  /** By the question's spans, the run and index of each span's predecessor; null where there is none. */
  readonly previous: readonly ({ readonly run: number; readonly index: number } | null)[]
  /** How many spans of the first run lie before the question's own. */
  readonly skipped: number
}

/** The question's spans by other filters beside its own. */
export const comparedFilters = (spans: readonly CalendarSpan[], filters: readonly Filter[]): ComparedRuns => ({
  runs: [{ spans }, { spans, filters }],
  previous: spans.map((_, index) => ({ run: 1, index })),
  skipped: 0,
})

/**
 * The question's spans as the first run, joined by the earlier period where it is the one right before them; other earlier periods as runs of
 * their own, as few as follow each other.
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
