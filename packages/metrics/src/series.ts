import type { Calendar, CalendarSpan, Filter, TrackingPlan } from '@northstar/catalogue'
import { OTHER } from '@northstar/live-counters'
import type { MetricAnswer, SeriesPoint } from './answer.ts'
import { largestMembers, listedMembers, membersOf } from './cells.ts'
import { MetricQueryError } from './errors.ts'
import type { CohortKind, MetricKind, QueriedKind } from './kind.ts'
import type { createMeasuring } from './measuring.ts'
import type { Metric } from './metric.ts'
import type { PointInput } from './points.ts'
import { type ComparedRuns, comparedFilters, comparedRuns } from './previous.ts'
import { checkSize, comparedPeriod, type MetricQuestion } from './question.ts'
import { intrinsicOf } from './registry.ts'
import { mapInSlices } from './slices.ts'

type SeriesKind = Exclude<MetricKind, CohortKind>

export interface SeriesQuestion {
  readonly metric: Metric
  readonly filters: readonly Filter[]
  /** The filters of the compared values; null if these are of other periods. */
  readonly against: readonly Filter[] | null
  readonly spans: readonly CalendarSpan[]
  readonly question: MetricQuestion
}

interface SeriesDeps {
  readonly plan: TrackingPlan
  readonly calendar: Calendar
  readonly measure: ReturnType<typeof createMeasuring>
  readonly point: (input: PointInput) => SeriesPoint
  readonly now: () => number
}

/** Reads the points of a metric by period and member, and the source that answered. */
export async function readSeries(
  kind: SeriesKind,
  asked: SeriesQuestion,
  { plan, calendar, measure, point, now }: SeriesDeps,
): Promise<Pick<MetricAnswer, 'source' | 'points' | 'others'>> {
  const { metric, filters, spans, question } = asked
  const { period, source = 'auto' } = question
  const intrinsic = intrinsicOf(metric)
  if (kind.source === 'queried') checkSpans(kind, metric, spans.length)
  const by = question.by === intrinsic?.name ? undefined : question.by
  const compared = await comparisonOf(asked, calendar, now())
  const measured = await Promise.all(
    compared.runs.map(run => measure(kind, { metric, filters: run.filters ?? filters, period, spans: run.spans, by }, source)),
  )
  const found = measured.flatMap(({ cells }) => cells.members)
  // A release may not exist for every member that the plan lists, such as a platform: its answer has the members with events.
  const listed = by === undefined || question.release !== undefined ? [] : listedMembers(metric, kind, by, plan)
  const members = by === undefined ? [null] : membersOf(listed, found)
  const parts = intrinsic?.members ?? [undefined]
  checkSize(members.length * parts.length * spans.length, question.limit)
  const all = await mapInSlices(members, member => {
    const own = parts.map(part => ({ part, runs: measured.map(({ cells }) => cells.of(member, part)) }))
    return { member, own, cells: own.flatMap(({ runs }) => runs[0]?.slice(compared.skipped) ?? []) }
  })
  const { largest, others } = largestMembers(all, question.limit)
  const beyond = others.map(({ member }) => member)
  const together = beyond.length > 0 && !intrinsic ? measured.flatMap(({ cells }) => (cells.together ? [cells.together(beyond)] : [])) : []
  const isTogether = together.length === measured.length
  const shown = [...largest, ...(isTogether ? [{ member: OTHER, own: [{ part: undefined, runs: together }] }] : [])]
  checkSize(shown.length * parts.length * spans.length)
  const series = shown.flatMap(({ member, own }) =>
    own.map(({ part, runs }) => ({
      by:
        intrinsic || by !== undefined
          ? { ...(intrinsic && { [intrinsic.name]: part ?? null }), ...(by !== undefined && { [by]: member }) }
          : undefined,
      runs,
    })),
  )
  const points = await mapInSlices(spans, (span, i) =>
    series.map(({ by: dimensions, runs }): SeriesPoint => {
      const previous = compared.previous[i]
      return point({
        metric,
        period,
        span,
        filters,
        by: dimensions,
        cell: runs[0]?.[i + compared.skipped],
        previous: question.compare && { cell: previous ? runs[previous.run]?.[previous.index] : undefined },
      })
    }),
  )
  return {
    source: measured.every(one => one.source === 'live') ? 'live' : 'warehouse',
    points: points.flat(),
    ...(beyond.length > 0 && { others: { members: beyond.length, together: isTogether } }),
  }
}

async function comparisonOf({ against, spans, question }: SeriesQuestion, calendar: Calendar, now: number): Promise<ComparedRuns> {
  if (against) return comparedFilters(spans, against)
  const earlier = comparedPeriod(question)
  return earlier ? comparedRuns(calendar, question.period, spans, now, earlier) : { runs: [{ spans }], previous: [], skipped: 0 }
}

function checkSpans({ spansAtMost = Number.POSITIVE_INFINITY }: QueriedKind, { name }: Metric, count: number): void {
  if (count <= spansAtMost) return
  throw new MetricQueryError(
    'too_much',
    `${name} is asked for at most ${spansAtMost} periods at a time, not ${count}: ask for longer periods`,
    { field: 'period' },
  )
}
