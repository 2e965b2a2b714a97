import { api } from '@northstar/http-api'
import { openApi } from '@northstar/http-api/openapi'
import type { MetricCatalogue, MetricReader } from '@northstar/metrics'
import { createShares, type FastifyPluginAsync, handle } from '@northstar/runtime'
import { definitionOf } from './definitions.ts'
import { asProblem } from './metric-problem.ts'
import { sqlOf } from './metric-sql.ts'
import { parseQuestion } from './questions.ts'
import { readUnknown, type UnknownReader } from './unknown.ts'

export interface MetricRoutesDeps {
  readonly catalogue: MetricCatalogue
  readonly reader: MetricReader
  readonly now: () => number
  readonly unknown?: UnknownReader
}

/** Questions of one identity at the same time, and waiting: a page asks many at once. */
const SHARES = { atOnce: 4, waiting: 200 }

/** The metrics and their values. */
export function metricRoutes({ catalogue, reader, now, unknown }: MetricRoutesDeps): FastifyPluginAsync {
  const definitions = [...catalogue.metrics.values()].map(metric => definitionOf(metric, catalogue))
  const { name, title, timezone, launch } = catalogue.product
  const document = openApi()
  const shares = createShares(SHARES)

  return async fastify => {
    handle(fastify, api.operations.description, () => document)

    handle(fastify, api.metrics.list, () => ({ product: { name, title, timezone, launch }, metrics: definitions }))

    handle(fastify, api.metrics.read, async ({ params, query, caller }) => {
      try {
        const question = parseQuestion(params.name, query, catalogue.product, reader.calendar, now())
        const answer = await shares.run(caller, () => reader.read(question))
        const metric = catalogue.metrics.get(question.metric)
        const found = metric && (await readUnknown(unknown, metric, Math.min(question.to, now())))
        return found ? { ...answer, unknown: found } : answer
      } catch (error) {
        throw asProblem(error)
      }
    })

    handle(fastify, api.metrics.sql, async ({ params, query }) => {
      try {
        const question = parseQuestion(params.name, query, catalogue.product, reader.calendar, now())
        return { metric: question.metric, sql: await sqlOf(question, { catalogue, now }) }
      } catch (error) {
        throw asProblem(error)
      }
    })
  }
}
