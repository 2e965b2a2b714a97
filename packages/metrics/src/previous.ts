import type { Calendar, CalendarSpan, Filter, Period, PeriodSpan } from '@northstar/catalogue'
import { mapInSlices } from './slices.ts'

/**
 * The span that a span is compared with: the whole period before a whole one; of a running period, or one that the question cuts, the same
 * part of the period before. Null where that period is too short to have the part.
 */
export function previousSpan(calendar: Calendar, period: Period, span: CalendarSpan, now: number): PeriodSpan | null {
  const before = calendar.before(period, span)
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
  /** By the question's spans, the run and place of each span's predecessor; null where there is none. */
  readonly previous: readonly ({ readonly run: number; readonly place: number } | null)[]
  /** How many spans of the first run lie before the question's own. */
  readonly skipped: number
}

/** The question's spans by other filters beside its own. */
export const comparedFilters = (spans: readonly CalendarSpan[], filters: readonly Filter[]): ComparedRuns => ({
  runs: [{ spans }, { spans, filters }],
  previous: spans.map((_, place) => ({ run: 1, place })),
  skipped: 0,
})

/** The question's spans as the first run, joined by the period before where it follows on it; other predecessors as runs of their own. */
export async function comparedRuns(calendar: Calendar, period: Period, spans: readonly CalendarSpan[], now: number): Promise<ComparedRuns> {
  const wanted = await mapInSlices(spans, span => previousSpan(calendar, period, span, now))
  const [first] = wanted
  const joined = first && first.to === spans[0]?.from ? [{ ...first, whole: true }, ...spans] : spans
  const runs: Run[] = [{ spans: joined }]
  const places = new Map(joined.map(({ from }, i) => [from, i]))
  const previous = wanted.map(span => {
    if (!span) return null
    const place = places.get(span.from)
    if (place !== undefined && joined[place]?.to === span.to) return { run: 0, place }
    return { run: runs.push({ spans: [{ ...span, whole: false }] }) - 1, place: 0 }
  })
  return { runs, previous, skipped: joined.length - spans.length }
}
