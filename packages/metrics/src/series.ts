import type { Calendar, CalendarSpan, Filter, TrackingPlan } from '@northstar/catalogue'
import type { MetricAnswer, SeriesPoint } from './answer.ts'
import { listedMembers, membersOf } from './cells.ts'
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
  /** The filters of the values that are compared with; null where these are of other periods. */
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

/** The points of a metric by period and member, and the source that answered. */
export async function readSeries(
  kind: SeriesKind,
  asked: SeriesQuestion,
  { plan, calendar, measure, point, now }: SeriesDeps,
): Promise<Pick<MetricAnswer, 'source' | 'points'>> {
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
  // A release need not exist for every member that the plan lists, such as a platform: its answer has those that were seen.
  const listed = by === undefined || question.release !== undefined ? [] : listedMembers(metric, kind, by, plan)
  const members = by === undefined ? [null] : membersOf(listed, found)
  const parts = intrinsic?.members ?? [undefined]
  checkSize(members.length * parts.length * spans.length)
  const series = members.flatMap(member =>
    parts.map(part => ({
      by:
        intrinsic || by !== undefined
          ? { ...(intrinsic && { [intrinsic.name]: part ?? null }), ...(by !== undefined && { [by]: member }) }
          : undefined,
      runs: measured.map(({ cells }) => cells.of(member, part)),
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
  return { source: measured.every(one => one.source === 'live') ? 'live' : 'warehouse', points: points.flat() }
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
  )
}
