import { z } from 'zod'
import { definitionSchema } from './definitions.ts'
import { jsonSchema } from './describe-paths.ts'
import { questionSchema } from './questions.ts'

/** Some paths of an OpenAPI document, with the schemas that they refer to. */
export interface OpenApiPart {
  readonly paths: Readonly<Record<string, object>>
  readonly schemas?: Readonly<Record<string, object>>
}

const target = z.object({
  value: z.number(),
  direction: z.enum(['at_least', 'at_most']),
  max_allowed: z.number().optional(),
  status: z.enum(['ahead', 'on_target', 'behind', 'off']).optional(),
  distance: z
    .number()
    .optional()
    .describe('Above 0 on the good side: a fraction of the target; of ratios and against 0 the plain difference.'),
})

const point = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime().describe('Excluded.'),
  complete: z.boolean().describe('The whole period was asked for, and is over.'),
  by: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  cohort: z.iso.date().optional().describe('Of retention: the day on which the cohort’s period begins.'),
  offset: z.int().optional().describe('Of retention: periods since the cohort’s own.'),
  value: z.number().nullable().describe('Null where nothing was measured. Ratios are fractions of 1.'),
  sample: z
    .number()
    .describe('What the value rests on: the denominator of a ratio, the observations of a percentile, the size of a cohort.'),
  target: target.optional(),
  previous: z.number().nullable().describe('The value of the period before (of retention: of the cohort before), with compare=previous.'),
  change: z.number().nullable().optional().describe('From the previous value: a fraction of it; of ratios the plain difference.'),
})

/** The answer of `GET /v1/metrics/{name}`. */
export const answerSchema = z.object({
  metric: z.string(),
  unit: z.string(),
  timezone: z.string(),
  period: z.string(),
  source: z.enum(['live', 'warehouse']),
  points: z.array(point),
})

const productSchema = z.object({ name: z.string(), title: z.string(), timezone: z.string(), launch: z.iso.date() })

const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  code: z.string().optional(),
  nearest: z.string().optional().describe('The valid word that was probably meant.'),
  valid: z.array(z.string()).optional(),
})

/** The paths of the query API. */
export function queryApi(): OpenApiPart {
  const answers = (name: string, description: string) => ({
    200: { description, content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } },
    default: {
      description: 'What is wrong (RFC 9457).',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  })
  const parameters = Object.entries(questionSchema.shape).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: jsonSchema(schema, 'input'),
  }))
  const where = {
    name: 'where',
    in: 'query',
    style: 'form',
    explode: true,
    description: 'Filters, written where.PROPERTY=VALUE; given twice, either value.',
    schema: { type: 'object', additionalProperties: { type: 'string' } },
  }
  const security = [{ token: [] }]
  return {
    paths: {
      '/v1/metrics': {
        get: { summary: 'The metrics that there are', security, responses: answers('Metrics', 'Every metric with its definition.') },
      },
      '/v1/metrics/{name}': {
        get: {
          summary: 'The values of a metric',
          security,
          parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string' } }, ...parameters, where],
          responses: answers('Answer', 'The values by period and member.'),
        },
      },
      '/v1/metrics/{name}/sql': {
        get: {
          summary: 'The statement by which the warehouse tells the values',
          security,
          parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string' } }, ...parameters, where],
          responses: answers('Statement', 'The statement, its values written out.'),
        },
      },
    },
    schemas: {
      Metrics: jsonSchema(z.object({ product: productSchema, metrics: z.array(definitionSchema) })),
      Statement: jsonSchema(z.object({ metric: z.string(), sql: z.string() })),
      Answer: jsonSchema(answerSchema),
      Problem: jsonSchema(problem),
    },
  }
}

export function openApi(parts: readonly OpenApiPart[]): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Northstar', version: '1', description: 'Self-hosted release telemetry.' },
    paths: Object.assign({}, ...parts.map(part => part.paths)),
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: Object.assign({}, ...parts.map(part => part.schemas ?? {})),
    },
  }
}
