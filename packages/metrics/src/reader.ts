import { type Calendar, type CalendarSpan, createCalendar, type Filter } from '@northstar/catalogue'
import type { MetricAnswer, SeriesPoint } from './answer.ts'
import { listedMembers, membersOf } from './cells.ts'
import { readCohorts } from './cohorts.ts'
import { MetricQueryError } from './errors.ts'
import type { CohortKind, MetricKind } from './kind.ts'
import { createMeasuring, type MeasuringDeps, notLive } from './measuring.ts'
import type { Metric } from './metric.ts'
import { createPoints } from './points.ts'
import { comparedFilters, comparedRuns } from './previous.ts'
import { checkSize, comparedRelease, filtersOf, type MetricQuestion, RELEASE_PROPERTY, spansOf, unknown } from './question.ts'
import { metricKinds } from './registry.ts'
import { mapInSlices } from './slices.ts'

export interface MetricReader {
  readonly calendar: Calendar
  /** Rejects with {@link MetricQueryError}, or with the stores' errors. */
  read(question: MetricQuestion): Promise<MetricAnswer>
}

export type MetricReaderDeps = MeasuringDeps

export function createMetricReader(deps: MetricReaderDeps): MetricReader {
  const { catalogue, query, now } = deps
  const { plan, product } = catalogue
  const calendar = createCalendar(product)
  const measure = createMeasuring(deps)
  const point = createPoints(catalogue, calendar, now)

  const read = async (question: MetricQuestion): Promise<MetricAnswer> => {
    const metric = catalogue.metrics.get(question.metric)
    if (!metric) throw unknown('unknown_metric', 'metric', question.metric, [...catalogue.metrics.keys()])
    const kind = metricKinds.get(metric.kind)
    if (!kind) throw unknown('unknown_metric', 'kind', metric.kind, [...metricKinds.keys()])
    const { period } = question
    const spans = await spansOf(question, calendar)
    const dimensions = kind.dimensions(metric.definition, plan)
    checkBreakdown(kind, metric, question.by, dimensions)
    const releaseFilter = (release: string | null | undefined) =>
      release == null ? [] : filtersOf({ [RELEASE_PROPERTY]: release }, dimensions, plan)
    const others = filtersOf(question.where ?? {}, dimensions, plan)
    const filters = [...others, ...releaseFilter(question.release)]
    const head = { metric: metric.name, unit: metric.unit, timezone: product.timezone, period }
    if (kind.source === 'cohorts') {
      if (question.source === 'live') throw notLive(metric)
      if (comparedRelease(question)) throw new MetricQueryError('not_available', 'cohorts are compared with the period before alone')
      const asked = { metric, filters, period, spans, compare: question.compare !== undefined }
      return { ...head, source: 'warehouse', points: await readCohorts(kind, asked, { catalogue, calendar, query, point }) }
    }
    return {
      ...head,
      ...(await readSeries(kind, {
        metric,
        filters,
        against: comparedRelease(question) === null ? null : [...others, ...releaseFilter(comparedRelease(question))],
        spans,
        question,
      })),
    }
  }

  async function readSeries(kind: SeriesKind, asked: SeriesQuestion): Promise<Pick<MetricAnswer, 'source' | 'points'>> {
    const { metric, filters, spans, question } = asked
    const { period, by, source = 'auto' } = question
    const intrinsic = kind.source === 'queried' ? kind.intrinsic?.(metric.definition) : undefined
    const dimension = intrinsic?.name ?? by
    const splitBy = by === intrinsic?.name ? undefined : by
    const compared = asked.against
      ? comparedFilters(spans, asked.against)
      : question.compare
        ? await comparedRuns(calendar, period, spans, now())
        : { runs: [{ spans }], previous: [], skipped: 0 }
    const measured = await Promise.all(
      compared.runs.map(run => measure(kind, { metric, filters: run.filters ?? filters, period, spans: run.spans, by: splitBy }, source)),
    )
    const listed = dimension === undefined ? [null] : (intrinsic?.members ?? listedMembers(metric, kind, by ?? '', plan))
    const members = membersOf(
      listed,
      measured.map(({ cells }) => cells),
    )
    checkSize(members.length * spans.length)
    const series = members.map(member => ({ member, runs: measured.map(({ cells }) => cells.of(member)) }))
    const points = await mapInSlices(spans, (span, i) =>
      series.map(({ member, runs }): SeriesPoint => {
        const place = compared.previous[i]
        return point({
          metric,
          period,
          span,
          filters,
          by: dimension === undefined ? undefined : { [dimension]: member },
          cell: runs[0]?.[i + compared.skipped],
          previous: question.compare && { cell: place ? runs[place.run]?.[place.place] : undefined },
        })
      }),
    )
    return { source: measured.every(one => one.source === 'live') ? 'live' : 'warehouse', points: points.flat() }
  }

  return { calendar, read }
}

type SeriesKind = Exclude<MetricKind, CohortKind>

interface SeriesQuestion {
  readonly metric: Metric
  readonly filters: readonly Filter[]
  /** The filters of the values that are compared with; null where these are of other periods. */
  readonly against: readonly Filter[] | null
  readonly spans: readonly CalendarSpan[]
  readonly question: MetricQuestion
}

function checkBreakdown(kind: MetricKind, metric: Metric, by: string | undefined, dimensions: readonly string[]): void {
  const intrinsic = kind.source === 'queried' ? kind.intrinsic?.(metric.definition)?.name : undefined
  const valid = [...(kind.filtersOnly ? [] : dimensions), ...(intrinsic === undefined ? [] : [intrinsic])]
  if (by !== undefined && !valid.includes(by)) throw unknown('unknown_property', 'breakdown', by, valid)
}
