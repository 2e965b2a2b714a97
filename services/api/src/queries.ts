import { derived, titlesOf } from '@northstar/catalogue'
import { api } from '@northstar/http-api'
import { openApi } from '@northstar/http-api/openapi'
import type { MetricCatalogue, MetricReader } from '@northstar/metrics'
import { createShares, type FastifyPluginAsync, handle } from '@northstar/runtime'
import { definitionOf } from './definitions.ts'
import { withProblems } from './metric-problem.ts'
import { sqlOf } from './metric-sql.ts'
import { parseQuestion } from './questions.ts'
import { readUnknown, type UnknownReader, unknownPoint } from './unknown.ts'
import { type AnswerMetric, valueRoutes } from './values.ts'

export interface MetricRoutesDeps {
  readonly catalogue: MetricCatalogue
  readonly reader: MetricReader
  /** Titles of alert rules, by name. */
  readonly ruleTitles?: Readonly<Record<string, string>>
  readonly now: () => number
  readonly unknown?: UnknownReader
}

/** Limits for an identity: concurrent and queued queries. Many may be queued, since a page sends many at once. */
const SHARES = { atOnce: 4, waiting: 200 }

/** The metrics and their values. */
export function metricRoutes({ catalogue, reader, ruleTitles = {}, now, unknown }: MetricRoutesDeps): FastifyPluginAsync {
  const { name, title, timezone, launch } = catalogue.product
  const described = derived(catalogue.plan, plan => ({
    metrics: [...catalogue.metrics.values()].map(metric => definitionOf(metric, catalogue)),
    titles: { ...titlesOf(plan), rules: ruleTitles },
  }))
  const document = openApi()
  const shares = createShares(SHARES)

  const answerMetric: AnswerMetric = (asked, query, request) =>
    withProblems(async () => {
      const question = parseQuestion(asked, query, catalogue.product, reader.calendar, now())
      const answer = await shares.run(request, () => reader.read(question))
      const metric = catalogue.metrics.get(question.metric)
      const found = metric && (await readUnknown(unknown, metric, Math.min(question.to, now())))
      return found ? { ...answer, points: answer.points.map(point => unknownPoint(point, found)), unknown: found } : answer
    })

  return async fastify => {
    await fastify.register(valueRoutes(answerMetric))

    handle(fastify, api.operations.description, () => document)

    handle(fastify, api.metrics.list, () => ({ product: { name, title, timezone, launch }, ...described() }))

    handle(fastify, api.metrics.read, ({ params, query, caller, disconnected }) =>
      answerMetric(params.name, query, { caller, disconnected }),
    )

    handle(fastify, api.metrics.sql, ({ params, query }) =>
      withProblems(async () => {
        const question = parseQuestion(params.name, query, catalogue.product, reader.calendar, now())
        return { metric: question.metric, sql: await sqlOf(question, { catalogue, now }) }
      }),
    )
  }
}
