import { EXPORT_FORMATS, QueryFailed, type Warehouse } from '@northstar/clickhouse'
import { type FastifyPluginAsync, type FastifyRequest, HttpProblem } from '@northstar/runtime'
import { z } from 'zod'
import type { OpenApiPart } from './openapi.ts'

export interface SqlDeps {
  readonly warehouse: Pick<Warehouse, 'export'>
  /** Rejects unless the request may do everything: statements see all rows. */
  readonly authorize: (request: FastifyRequest) => Promise<void>
}

const FORMATS = Object.keys(EXPORT_FORMATS) as (keyof typeof EXPORT_FORMATS)[]
const TYPES = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
} as const

const statementSchema = z.strictObject({
  sql: z.string().min(1).max(100_000).describe('One statement that reads. The tables are those of the warehouse and its views.'),
  format: z.enum(FORMATS).default('json'),
  max_rows: z.int().min(1).max(1_000_000).default(100_000).describe('A statement with more rows fails.'),
  timeout_ms: z.int().min(1).max(60_000).default(30_000),
})

/** What analysts ask in SQL where the engine runs in process, and only this process can reach it. */
export function sqlRoutes({ warehouse, authorize }: SqlDeps): FastifyPluginAsync {
  return async fastify => {
    fastify.post('/v1/sql', { onRequest: authorize }, async (request, reply) => {
      const parsed = statementSchema.safeParse(request.body)
      if (!parsed.success) throw new HttpProblem({ status: 400, code: 'bad_parameter', detail: z.prettifyError(parsed.error) })
      const { sql, format, max_rows, timeout_ms } = parsed.data
      try {
        const bytes = await warehouse.export(sql, { format, maxRows: max_rows, timeoutMs: timeout_ms })
        return await reply.type(TYPES[format]).header('cache-control', 'no-store').send(Buffer.from(bytes))
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

export function sqlApi(): OpenApiPart {
  const { $schema: _, ...body } = z.toJSONSchema(statementSchema, { io: 'input' })
  const any = { schema: {} }
  return {
    paths: {
      '/v1/sql': {
        post: {
          summary: 'The answer of a statement that reads',
          security: [{ token: [] }],
          requestBody: { required: true, content: { 'application/json': { schema: body } } },
          responses: {
            200: {
              description: 'The rows; as JSON in ClickHouse’s own form.',
              content: { 'application/json': any, 'text/csv': any, 'application/vnd.apache.parquet': any },
            },
            default: {
              description: 'What is wrong (RFC 9457).',
              content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            },
          },
        },
      },
    },
  }
}
