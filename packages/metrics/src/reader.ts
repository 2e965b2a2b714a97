import { type Calendar, createCalendar } from '@northstar/catalogue'
import type { MetricAnswer } from './answer.ts'
import { readCohorts } from './cohorts.ts'
import { MetricQueryError } from './errors.ts'
import type { MetricKind } from './kind.ts'
import { createMeasuring, type MeasuringDeps, notLive } from './measuring.ts'
import type { Metric } from './metric.ts'
import { createPoints } from './points.ts'
import { comparedRelease, filtersOf, type MetricQuestion, spansOf, unknown } from './question.ts'
import { intrinsicOf, metricKinds } from './registry.ts'
import { createNewestRelease } from './releases/newest-release.ts'
import { NO_RELEASES } from './releases/releases-section.ts'
import { readSeries } from './series.ts'

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
  const series = { plan, calendar, measure, point, now }
  const newestRelease = createNewestRelease(deps)

  const read = async (question: MetricQuestion): Promise<MetricAnswer> => {
    const metric = catalogue.metrics.get(question.metric)
    if (!metric) throw unknown('unknown_metric', 'metric', question.metric, [...catalogue.metrics.keys()], 'metric')
    const kind = metricKinds.get(metric.kind)
    if (!kind) throw unknown('unknown_metric', 'kind', metric.kind, [...metricKinds.keys()], 'metric')
    const { period } = question
    const spans = await spansOf(question, calendar)
    const dimensions = kind.dimensions(metric.definition, plan)
    checkBreakdown(kind, metric, question.by, dimensions)
    const releaseFilter = (release: string | null | undefined) =>
      release == null ? [] : filtersOf({ [(catalogue.releases ?? NO_RELEASES).property]: release }, dimensions, plan)
    const others = filtersOf(question.where ?? {}, dimensions, plan)
    const filters = [...others, ...releaseFilter(question.release)]
    const head = { metric: metric.name, unit: metric.unit, timezone: product.timezone, period }
    if (question.compare === 'previous_release') return { ...head, source: 'warehouse', points: await newestRelease(question, others) }
    const against = comparedRelease(question) === null ? null : [...others, ...releaseFilter(comparedRelease(question))]
    if (kind.source === 'cohorts') {
      if (question.source === 'live') throw notLive(metric)
      const compare = against ? { filters: against } : question.compare === 'year' ? 'year' : question.compare && 'previous'
      const asked = { metric, filters, period, spans, by: question.by, compare, limit: question.limit } as const
      return { ...head, source: 'warehouse', ...(await readCohorts(kind, asked, { catalogue, calendar, query, now, point })) }
    }
    return {
      ...head,
      ...(await readSeries(kind, { metric, filters, against, spans, question }, series)),
    }
  }

  return { calendar, read }
}

function checkBreakdown(kind: MetricKind, metric: Metric, by: string | undefined, dimensions: readonly string[]): void {
  const intrinsic = intrinsicOf(metric)?.name
  const valid = [...(kind.filtersOnly ? [] : dimensions), ...(intrinsic === undefined ? [] : [intrinsic])]
  if (by !== undefined && !valid.includes(by)) throw unknown('unknown_property', 'breakdown', by, valid, 'by')
}
