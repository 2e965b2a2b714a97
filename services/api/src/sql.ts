import { derived, sensitiveProperties } from '@northstar/catalogue'
import { QueryFailed, type Warehouse } from '@northstar/clickhouse'
import { api, type SqlSchema } from '@northstar/http-api'
import { METRICS_DATABASE, type MetricCatalogue } from '@northstar/metrics'
import { createShares, type FastifyPluginAsync, HttpProblem, handle } from '@northstar/runtime'

export interface SqlDeps {
  readonly catalogue: Pick<MetricCatalogue, 'plan' | 'metrics'>
  readonly warehouse: Pick<Warehouse, 'export' | 'query'>
}

const TYPES = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
} as const

/** Limits for an identity: concurrent and queued statements, since each runs in its own process. */
const SHARES = { atOnce: 1, waiting: 4 }

/** SQL statements, and the schema of the views to query. */
export function sqlRoutes({ warehouse, catalogue }: SqlDeps): FastifyPluginAsync {
  const databases = derived(catalogue.plan, ({ events }) => [
    ...new Set([METRICS_DATABASE, ...[...events.values()].map(({ view }) => view.split('.')[0] ?? '')]),
  ])
  const hidden = derived(catalogue.plan, plan => ({ hiddenColumns: [...sensitiveProperties(plan)], hiddenTables: ['dead_letters'] }))
  const shares = createShares(SHARES)

  return async fastify => {
    handle(fastify, api.sql.schema, () => readSchema({ warehouse, catalogue }, databases()))

    handle(fastify, api.sql.run, async ({ body: { sql, format, max_rows, timeout_ms }, caller, disconnected }, reply) => {
      try {
        const options = {
          format,
          maxRows: max_rows,
          timeoutMs: timeout_ms,
          signal: disconnected,
          databases: databases(),
          ...(caller.sensitive ? {} : hidden()),
        }
        const bytes = await shares.run({ caller, disconnected }, () => warehouse.export(sql, options))
        reply.type(TYPES[format]).send(Buffer.from(bytes))
      } catch (error) {
        throw asProblem(error)
      }
    })
  }
}

async function readSchema({ warehouse, catalogue }: SqlDeps, databases: readonly string[]): Promise<SqlSchema> {
  const rows = await warehouse.query<{ name: string; columns: readonly (readonly [string, string])[] }>(
    `SELECT concat(database, '.', table) AS name, groupArray((column, type)) AS columns
     FROM (SELECT database, table, name AS column, type FROM system.columns WHERE has({databases:Array(String)}, database) ORDER BY position)
     GROUP BY database, table ORDER BY indexOf({databases:Array(String)}, database), name`,
    { params: { databases } },
  )
  const kinds = new Map([...catalogue.plan.events.values()].map(kind => [kind.view, kind.description]))
  const titleOf = (name: string) => kinds.get(name) ?? catalogue.metrics.get(name.slice(METRICS_DATABASE.length + 1))?.title ?? ''
  return {
    tables: rows.map(({ name, columns }) => ({
      name,
      title: titleOf(name),
      columns: columns.map(([column, type]) => ({ name: column, type })),
    })),
  }
}

function asProblem(error: unknown): unknown {
  if (error instanceof QueryFailed) {
    const { code, message, position } = error
    return new HttpProblem({ status: 400, code, detail: message, ...(position !== undefined && { position }) }, {}, { cause: error })
  }
  return error
}
