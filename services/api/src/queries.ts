import { type MetricCatalogue, MetricQueryError, type MetricReader } from '@northstar/metrics'
import { type Access, type FastifyPluginAsync, type FastifyRequest, HttpProblem, type Problem } from '@northstar/runtime'
import { authApi } from './auth/openapi.ts'
import { definitionOf } from './definitions.ts'
import { mayRead } from './may-read.ts'
import { sqlOf } from './metric-sql.ts'
import { type OpenApiPart, openApi, queryApi } from './openapi.ts'
import { operationsApi } from './operations-openapi.ts'
import { parseQuestion } from './questions.ts'
import { sqlApi } from './sql.ts'

export interface DashboardDeps {
  readonly catalogue: MetricCatalogue
  readonly reader: MetricReader
  /** What the caller may do. The query API needs `read`. */
  readonly authorize: (request: FastifyRequest) => Promise<Access> | Access
  readonly now: () => number
  /** What else the server answers, for `/openapi.json`. */
  readonly apis?: readonly OpenApiPart[]
}

/** The query API: what metrics there are, and the values of one. */
export function dashboardRoutes({ catalogue, reader, authorize, now, apis = [] }: DashboardDeps): FastifyPluginAsync {
  const onRequest = mayRead(authorize)
  const definitions = [...catalogue.metrics.values()].map(metric => definitionOf(metric, catalogue))
  const { name, title, timezone, launch } = catalogue.product

  return async fastify => {
    fastify.get('/openapi.json', async () => openApi([queryApi(), sqlApi(), authApi(), operationsApi(), ...apis]))

    fastify.get('/v1/metrics', { onRequest }, async (_, reply) => {
      reply.header('cache-control', 'no-store')
      return { product: { name, title, timezone, launch }, metrics: definitions }
    })

    fastify.get<{ Params: { name: string } }>('/v1/metrics/:name', { onRequest }, async (request, reply) => {
      reply.header('cache-control', 'no-store')
      try {
        // The name comes first: who mistypes it should not hear of the rest.
        if (catalogue.metrics.has(request.params.name)) {
          return await reader.read(parseQuestion(request.params.name, request.query, catalogue.product, reader.calendar, now()))
        }
        return await reader.read({ metric: request.params.name, from: 0, to: 1, period: 'total' })
      } catch (error) {
        throw asProblem(error)
      }
    })

    fastify.get<{ Params: { name: string } }>('/v1/metrics/:name/sql', { onRequest }, async (request, reply) => {
      reply.header('cache-control', 'no-store')
      try {
        const question = parseQuestion(request.params.name, request.query, catalogue.product, reader.calendar, now())
        return { metric: question.metric, sql: await sqlOf(question, { catalogue, now }) }
      } catch (error) {
        throw asProblem(error)
      }
    })
  }
}

function asProblem(error: unknown): unknown {
  if (error instanceof MetricQueryError) {
    const { code, message, nearest, valid } = error
    const problem: Problem = {
      status: code === 'unknown_metric' ? 404 : 400,
      code,
      detail: message,
      valid,
      ...(nearest !== undefined && { nearest }),
    }
    return new HttpProblem(problem, {}, { cause: error })
  }
  if (error instanceof Error && 'retryable' in error && error.retryable === true) {
    return new HttpProblem({ status: 503, detail: 'The stores cannot answer now.' }, { 'retry-after': '2' }, { cause: error })
  }
  return error
}
