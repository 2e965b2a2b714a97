import type { OpenApiPart } from '@northstar/dashboard'
import { z } from 'zod'

const json = (schema: z.ZodType): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}

const problem = {
  description: 'What is wrong (RFC 9457).',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}
const security = [{ token: [] }]

/** What takes events. */
export function eventsApi(): OpenApiPart {
  const event = z.looseObject({
    event: z.string().describe('Or event_type.'),
    id: z.string().max(128).optional().describe('Made when absent. One sent before is accepted and counted once.'),
    timestamp: z
      .union([z.iso.datetime({ offset: true }), z.number()])
      .optional()
      .describe('RFC 3339 or epoch ms. Arrival when absent.'),
    user_id: z.string().optional(),
    session_id: z.string().optional(),
    properties: z.record(z.string(), z.unknown()).optional().describe('Unknown top-level fields count as properties.'),
  })
  const rejected = z.object({ index: z.int(), code: z.string(), field: z.string().optional(), message: z.string() })
  const taken = { 'application/json': { schema: json(z.object({ accepted: z.int(), rejected: z.array(rejected) })) } }
  return {
    paths: {
      '/v1/events': {
        post: {
          summary: 'Send events',
          security,
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: json(z.union([event, z.array(event)])) },
              'application/x-ndjson': { schema: { type: 'string', description: 'An event a line.' } },
            },
          },
          responses: {
            202: { description: 'At least one event is durable in the log.', content: taken },
            422: { description: 'Well-formed, but every event was rejected.', content: taken },
            default: problem,
          },
        },
      },
    },
  }
}

/** What the alerts answer. */
export function alertsApi(): OpenApiPart {
  const nullable = z.number().nullable()
  const alert = z.looseObject({
    rule: z.string(),
    severity: z.string(),
    state: z.enum(['pending', 'firing', 'resolved']),
    labels: z.record(z.string(), z.string()),
    value: nullable,
    threshold: nullable,
    starts_at: z.string(),
    ends_at: z.string().nullable(),
    fingerprint: z.string(),
    acknowledged_by: z.string().nullable(),
  })
  const answers = (status: number, description: string, schema?: z.ZodType) => ({
    [status]: { description, ...(schema && { content: { 'application/json': { schema: json(schema) } } }) },
    default: problem,
  })
  const parameter = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string' } })
  return {
    paths: {
      '/v1/alerts': {
        get: { summary: 'The alerts', security, responses: answers(200, 'Every alert.', z.object({ alerts: z.array(alert) })) },
      },
      '/v1/alerts/{fingerprint}/ack': {
        post: {
          summary: 'Acknowledge an alert',
          security,
          parameters: [parameter('fingerprint')],
          responses: answers(200, 'It is acknowledged.'),
        },
      },
      '/v1/silences': {
        get: { summary: 'The silences', security, responses: answers(200, 'Every silence.') },
        post: { summary: 'Silence alerts', security, responses: answers(201, 'It is silent.') },
      },
      '/v1/silences/{id}': {
        delete: { summary: 'End a silence', security, parameters: [parameter('id')], responses: answers(204, 'It is over.') },
      },
    },
  }
}
