import type { Period } from '@northstar/catalogue'
import { z } from 'zod'
import { instant, labels, limit, problem, product, titles, unit } from './common.ts'
import { declare, type Out } from './declare.ts'

const target = z.object({
  value: z.number(),
  direction: z.enum(['at_least', 'at_most']),
  max_allowed: z.number().optional().describe('Beyond this the status is off.'),
  min_sample: z.number().optional().describe('Below this sample the status is not_enough_data.'),
})
const targets = z.object({
  any: target.optional(),
  total: target.optional(),
  periods: z.record(z.string(), target),
  weeks: z.record(z.string(), target).describe('By week from the launch, 1 being the launch week.'),
  by: z.record(z.string(), z.record(z.string(), target)),
})

const definition = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  unit,
  kind: z.string(),
  shape: z.enum(['series', 'cohorts']).describe('cohorts: a matrix of cohorts and the periods since.'),
  segments: z.string().optional().describe('The kind’s own breakdown.'),
  steps: z.array(z.string()).optional().describe('The members of a funnel’s own breakdown, in order.'),
  headline: z
    .union([z.strictObject({ offset: z.int() }), z.strictObject({ member: z.string() })])
    .optional()
    .describe('The point that lists and status show for a metric with several points in each period: that of an offset or of a part.'),
  accumulates: z.boolean().describe('Whether the value of a running period grows until its end.'),
  level: z.enum(['north_star', 'kpi', 'supporting']),
  indicator: z.enum(['leading', 'lagging']).optional(),
  owner: z.string().optional(),
  why: z.string().optional(),
  public: z.boolean(),
  by: z.array(z.string()).describe('Breakdowns that the live counters hold.'),
  dimensions: z.array(z.string()).describe('Properties that can filter.'),
  breakdowns: z.array(z.string()).describe('Properties that can break it down.'),
  percentiles: z
    .array(z.object({ metric: z.string(), percentile: z.number() }))
    .optional()
    .describe('All percentiles of the same number, including this one, lowest first.'),
  live: z.boolean().describe('Whether the live counters can answer it.'),
  targets: targets.optional(),
  goal: z.object({ value: z.number(), date: z.string() }).optional(),
})
export type Definition = Out<typeof definition>

const list = z.object({ product, metrics: z.array(definition), titles: titles.extend({ rules: labels }) })
export type Definitions = Out<typeof list>

const period = z.enum(['hour', 'day', 'week', 'calendar_week', 'month', 'quarter', 'year', 'total'] as const satisfies readonly Period[])

/** The query of a metric. */
const question = z.strictObject({
  from: instant.optional(),
  to: instant
    .optional()
    .describe(
      'Excluded. A date in the product’s zone or an RFC 3339 time. Default: the end of the running period; of total the next full ten seconds.',
    ),
  period: period
    .default('week')
    .describe('week is counted from the launch day, calendar_week is ISO; months, quarters and years are the calendar’s.'),
  by: z.string().optional().describe('The property of the breakdown: one value for each of its values.'),
  limit: limit(1_000, 50).describe(
    'Maximum number of members of a breakdown, those with the largest samples. The others are added up in the member `(other)` if their values add up (counts, sums and ratios of them), else they are omitted. `others` has their number.',
  ),
  where: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .optional()
    .describe('Filters, written where.PROPERTY=VALUE; the same property twice matches either value.'),
  release: z.string().optional().describe('Only events of this release.'),
  compare: z
    .union([z.literal(['previous', 'year']), z.templateLiteral(['release:', z.string().min(1)])])
    .optional()
    .meta({
      description:
        'Add the value of the preceding period; with year, of the same period a year before (for weeks, 52 weeks); with release:VERSION, of another release in the same period.',
      examples: ['previous', 'year', 'release:1.0.9'],
    }),
  source: z.enum(['auto', 'live', 'warehouse']).default('auto').describe('The store that answers. Default: the fastest one that can.'),
})
export type Question = Out<typeof question>

const member = z.union([z.string(), z.number(), z.boolean(), z.null()])
const point = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime().describe('Excluded.'),
  complete: z.boolean().describe('Whether the whole period is in the question’s span and has ended.'),
  by: z.record(z.string(), member).optional(),
  value: z.number().nullable().describe('Null if nothing was measured. Ratios are fractions of 1.'),
  sample: z
    .number()
    .describe('The number behind the value: the denominator of a ratio, the observations of a percentile, the size of a cohort.'),
  target: target
    .extend({
      status: z.enum(['ahead', 'on_target', 'behind', 'off', 'not_enough_data']).optional(),
      distance: z
        .number()
        .optional()
        .describe('Positive on the good side: a fraction of the target; for ratios and a target of 0 the difference.'),
    })
    .optional(),
  previous: z.number().nullable().describe('The value of the compared period (for retention, of the preceding cohort), with compare.'),
  change: z.number().nullable().optional().describe('The change from the previous value: a fraction of it; for ratios the difference.'),
})
const cohortPoint = point.extend({
  cohort: z.iso.date().describe('The first day of the cohort’s period.'),
  offset: z.int().describe('Periods since the cohort’s own.'),
})
export type SeriesPoint = Out<typeof point>
export type CohortPoint = Out<typeof cohortPoint>

const unknown = z
  .object({ since: z.iso.datetime().nullable(), reason: z.string() })
  .optional()
  .describe('Present if the metric’s collector has not finished recently: values after `since` are unknown, all of them if it is null.')

const answer = z.object({
  metric: z.string(),
  unit,
  timezone: z.string(),
  period,
  source: z.enum(['live', 'warehouse']),
  points: z.array(z.union([cohortPoint, point])),
  others: z
    .object({
      members: z.int().describe('Their number.'),
      together: z.boolean().describe('Whether they are added up in the member `(other)`; otherwise they are omitted.'),
    })
    .optional()
    .describe('The members of the breakdown beyond `limit`; absent without any.'),
  unknown,
})
export type MetricAnswer = Out<typeof answer>

/** Maximum number of questions in a request. */
const MAX_QUESTIONS = 100
const encoded = z.string().max(4_000)
const value = z.object({
  place: z.int().describe('The position of the question in the request, from 0.'),
  answer: answer.optional(),
  problem: problem.partial().extend({ status: z.int() }).loose().optional().describe('The reason of a missing answer.'),
})
/** A line of the answer to `Accept: application/x-ndjson`. */
export type MetricValue = Out<typeof value>

const liveMetric = z.object({
  current: point.describe('The running week.'),
  previous: point.describe('The preceding week, refreshed every few minutes: late events may change it.'),
  today: point.describe('The running day.'),
  by: z.record(z.string(), z.array(point)).optional().describe('The running week by each property that the counters hold.'),
  unknown,
})
export type LiveMetric = Out<typeof liveMetric>

/** The data of an event `values` of `GET /v1/live`. */
export const liveValues = z.object({ at: z.iso.datetime(), metrics: z.record(z.string(), liveMetric) })
export type LiveValues = Out<typeof liveValues>

const named = z.object({ name: z.string().max(200).describe('The name of a metric.') })

export const metrics = {
  list: declare({ method: 'GET', path: '/v1/metrics', summary: 'All metrics', access: 'read', answers: { 200: list } }),
  read: declare({
    method: 'GET',
    path: '/v1/metrics/{name}',
    summary: 'The values of a metric',
    access: 'read',
    params: named,
    query: question,
    answers: { 200: answer },
  }),
  values: declare({
    method: 'GET',
    path: '/v1/values',
    summary: 'The values of several metrics; with Accept: application/x-ndjson a line for each when it is ready',
    access: 'read',
    query: z.strictObject({
      q: z
        .union([encoded, z.array(encoded).max(MAX_QUESTIONS)])
        .describe('A metric with its query, encoded: `commands?period=week`. One parameter for each metric.'),
    }),
    answers: { 200: z.object({ values: z.array(value) }) },
    types: { answer: ['application/x-ndjson'] },
  }),
  sql: declare({
    method: 'GET',
    path: '/v1/metrics/{name}/sql',
    summary: 'The statement that computes the values in the warehouse',
    access: 'read',
    params: named,
    query: question,
    answers: { 200: z.object({ metric: z.string(), sql: z.string() }) },
  }),
  live: declare({
    method: 'GET',
    path: '/v1/live',
    summary: 'Live values as server-sent events: first all metrics, then changed ones; Last-Event-ID resumes',
    access: 'read',
    answers: { 200: '`event: values`, its data {at, metrics: {NAME: {current, previous, today, by?}}}.' },
    types: { answer: ['text/event-stream'] },
  }),
}
