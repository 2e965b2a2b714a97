import type { Calendar, PeriodSpan } from '@northstar/catalogue'
import type { Row } from '@northstar/events'

export interface Truth {
  readonly value: number | null
  readonly sample: number
}
export type Rows = readonly Row[]
/** The context of a truth: the period before the span, the calendar, and the reader's time. */
export interface TruthContext {
  readonly before: PeriodSpan
  readonly calendar: Calendar
  readonly now: number
}
/** The value in a span, given its rows and all rows. */
export type Fold = (rows: Rows, all: Rows, span: PeriodSpan, context: TruthContext) => Truth
/** A fold that needs only the rows of the span. */
export type OwnFold = (rows: Rows) => Truth

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const inside = (rows: Rows, span: PeriodSpan) => rows.filter(e => e.timestamp >= span.from && e.timestamp < span.to)
export const of = (rows: Rows, event: string) => rows.filter(e => e.event === event)
export const users = (rows: Rows) => new Set(rows.map(e => e.user_id).filter(id => id !== ''))
export const sessions = (rows: Rows) => new Set(rows.map(e => e.session_id).filter(id => id !== ''))
export const ratio = (above: number, below: number): Truth => ({ value: below === 0 ? null : above / below, sample: below })
export const number = (value: number): Truth => ({ value, sample: value })
export const ordered = (rows: Rows) => rows.toSorted((a, b) => a.timestamp - b.timestamp)

export const firsts = (rows: Rows) => {
  const first = new Map<string, number>()
  for (const e of rows) if (e.user_id !== '') first.set(e.user_id, Math.min(first.get(e.user_id) ?? Number.POSITIVE_INFINITY, e.timestamp))
  return first
}

export function quantile(values: readonly number[], q: number): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = q * (sorted.length - 1)
  const low = sorted[Math.floor(rank)]
  const high = sorted[Math.ceil(rank)]
  return low === undefined || high === undefined ? null : low + (high - low) * (rank - Math.floor(rank))
}

/** The issues, each with its events in order of time and its last known priority. */
export function issues(all: Rows, until = Number.POSITIVE_INFINITY) {
  const found = new Map<unknown, { events: Row[]; priority: unknown }>()
  for (const e of ordered(of(all, 'github_issue'))) {
    if (e.timestamp >= until) continue
    const issue = found.get(e.number) ?? { events: [], priority: undefined }
    found.set(e.number, { events: [...issue.events, e], priority: e.priority ?? issue.priority })
  }
  return [...found.values()]
}

/** A statistic of the hours from opening to closing of the issues that were closed in the span. */
export const timeToFix =
  (statistic: (hours: readonly number[]) => number | null, priority?: string): Fold =>
  (_, all, span) => {
    const hours = issues(all).flatMap(({ events, priority: own }) => {
      const opened = events.find(e => e.action === 'opened')
      const closed = events.find(e => e.action === 'closed')
      if (!opened || !closed || closed.timestamp < span.from || closed.timestamp >= span.to) return []
      // An issue that was closed before its first known opening has an unknown opening.
      if (closed.timestamp < opened.timestamp) return []
      return priority === undefined || own === priority ? [(closed.timestamp - opened.timestamp) / HOUR] : []
    })
    return { value: statistic(hours), sample: hours.length }
  }

export const only =
  (fold: OwnFold, where: (e: Row) => boolean): OwnFold =>
  rows =>
    fold(rows.filter(where))
