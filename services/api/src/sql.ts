import { sensitiveProperties } from '@northstar/catalogue'
import { QueryFailed, type Warehouse } from '@northstar/clickhouse'
import { api } from '@northstar/http-api'
import type { MetricCatalogue } from '@northstar/metrics'
import { createShares, type FastifyPluginAsync, HttpProblem, handle } from '@northstar/runtime'

export interface SqlDeps {
  readonly catalogue: Pick<MetricCatalogue, 'plan'>
  readonly warehouse: Pick<Warehouse, 'export'>
}

const TYPES = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
} as const

/** Statements of one identity at the same time, and waiting: each is a process. */
const SHARES = { atOnce: 1, waiting: 4 }

/** Statements of people. */
export function sqlRoutes({ warehouse, catalogue }: SqlDeps): FastifyPluginAsync {
  const kinds = [...catalogue.plan.events.values()]
  const databases = [...new Set(kinds.map(({ view }) => view.split('.')[0] ?? ''))]
  const hidden = { hiddenColumns: [...sensitiveProperties(catalogue.plan)], hiddenTables: ['dead_letters'] }

  const shares = createShares(SHARES)

  return async fastify => {
    handle(fastify, api.sql.run, async ({ body: { sql, format, max_rows, timeout_ms }, caller }, reply) => {
      const leaving = new AbortController()
      reply.raw.once('close', () => leaving.abort())
      try {
        const options = {
          format,
          maxRows: max_rows,
          timeoutMs: timeout_ms,
          signal: leaving.signal,
          databases,
          ...(caller.sensitive ? {} : hidden),
        }
        const bytes = await shares.run(caller, () => warehouse.export(sql, options))
        reply.type(TYPES[format]).send(Buffer.from(bytes))
      } catch (error) {
        if (error instanceof QueryFailed)
          throw new HttpProblem({ status: 400, code: error.code, detail: error.message }, {}, { cause: error })
        if (error instanceof Error && 'retryable' in error && error.retryable === true) {
          throw new HttpProblem({ status: 503, detail: 'The warehouse cannot answer now.' }, { 'retry-after': '2' }, { cause: error })
        }
        throw error
      }
    })
  }
}
