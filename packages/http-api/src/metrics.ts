import type { Period } from '@northstar/catalogue'
import { z } from 'zod'
import { instant, labels, limit, problem, product, titles, unit } from './common.ts'
import { declare, type Out } from './declare.ts'

const target = z.object({
  value: z.number(),
  direction: z.enum(['at_least', 'at_most']),
  max_allowed: z.number().optional().describe('Past this the status is off.'),
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
  segments: z.string().optional().describe('The breakdown that the kind makes by itself.'),
  steps: z.array(z.string()).optional().describe('Of a funnel: the members of that breakdown, in order.'),
  headline: z
    .union([z.strictObject({ offset: z.int() }), z.strictObject({ member: z.string() })])
    .optional()
    .describe('Of a metric with several points for each period, the one that lists and status show: of an offset, or of a part.'),
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
    .describe('Of a percentile: all percentiles of the same number, including this one, from the lowest.'),
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
  by: z.string().optional().describe('One value for each value of this property.'),
  limit: limit(1_000, 50).describe(
    'Of a breakdown: how many members are answered, those with the largest samples in all. The others are one member, `(other)`, where their values add up (counts, sums and what is made of them); otherwise they are left out. `others` says how many they are.',
  ),
  where: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .optional()
    .describe('Filters, written where.PROPERTY=VALUE; the same property twice matches either value.'),
  release: z.string().optional().describe('Only events of this release.'),
  compare: z
    .union([z.literal(['previous', 'year']), z.templateLiteral(['release:', z.string().min(1)])])
    .optional()
    .describe(
      'Add the value of the period before; with year that of the same period a year before (of weeks the 52nd before); with release:VERSION that of another release in the same period.',
    ),
  source: z
    .enum(['auto', 'live', 'warehouse'])
    .default('auto')
    .describe('The store that answers. Default: the faster one of those that can.'),
})
export type Question = Out<typeof question>

const member = z.union([z.string(), z.number(), z.boolean(), z.null()])
const point = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime().describe('Excluded.'),
  complete: z.boolean().describe('The whole period was asked for, and is over.'),
  by: z.record(z.string(), member).optional(),
  value: z.number().nullable().describe('Null where nothing was measured. Ratios are fractions of 1.'),
  sample: z
    .number()
    .describe('The number behind the value: the denominator of a ratio, the observations of a percentile, the size of a cohort.'),
  target: target
    .extend({
      status: z.enum(['ahead', 'on_target', 'behind', 'off', 'not_enough_data']).optional(),
      distance: z
        .number()
        .optional()
        .describe('Above 0 on the good side: a fraction of the target; of ratios and against 0 the plain difference.'),
    })
    .optional(),
  previous: z.number().nullable().describe('The value of the period before (of retention: of the cohort before), with compare.'),
  change: z.number().nullable().optional().describe('From the previous value: a fraction of it; of ratios the plain difference.'),
})
const cohortPoint = point.extend({
  cohort: z.iso.date().describe('The day on which the cohort’s period begins.'),
  offset: z.int().describe('Periods since the cohort’s own.'),
})
export type SeriesPoint = Out<typeof point>
export type CohortPoint = Out<typeof cohortPoint>

const unknown = z
  .object({ since: z.iso.datetime().nullable(), reason: z.string() })
  .optional()
  .describe('The metric’s collector has not finished lately: values after `since` are not known, and why. Null: it never has.')

const answer = z.object({
  metric: z.string(),
  unit,
  timezone: z.string(),
  period,
  source: z.enum(['live', 'warehouse']),
  points: z.array(z.union([cohortPoint, point])),
  others: z
    .object({
      members: z.int().describe('How many they are.'),
      together: z.boolean().describe('They are the member `(other)`; otherwise they are left out.'),
    })
    .optional()
    .describe('The members of the breakdown beyond `limit`; absent where there are none.'),
  unknown,
})
export type MetricAnswer = Out<typeof answer>

/** Questions of one request. */
const MOST_QUESTIONS = 100
const encoded = z.string().max(4_000)
const value = z.object({
  place: z.int().describe('Of the question in the request, from 0.'),
  answer: answer.optional(),
  problem: problem.partial().extend({ status: z.int() }).loose().optional().describe('Why there is no answer.'),
})
/** A line of the answer to `Accept: application/x-ndjson`. */
export type MetricValue = Out<typeof value>

const liveMetric = z.object({
  current: point.describe('The running week.'),
  previous: point.describe('The week before, refreshed every few minutes: late events may still change it.'),
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
    summary: 'The values of several metrics; line by line, each once it is ready, to Accept: application/x-ndjson',
    access: 'read',
    query: z.strictObject({
      q: z
        .union([encoded, z.array(encoded).max(MOST_QUESTIONS)])
        .describe('A metric with its query, encoded: `commands?period=week`. Repeated for each.'),
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
    summary: 'Live values as server-sent events: all metrics first, then those that changed; Last-Event-ID resumes',
    access: 'read',
    answers: { 200: '`event: values`, its data {at, metrics: {NAME: {current, previous, today, by?}}}.' },
    types: { answer: ['text/event-stream'] },
  }),
}
