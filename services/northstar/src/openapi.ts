import { describePaths, type OpenApiPart } from '@northstar/api'
import { DIALECTS } from '@northstar/events'
import { z } from 'zod'

const PREFLIGHT = 'What a page of another origin may send'

/** The routes that receive events. */
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
  const taken = z.object({
    accepted: z.int(),
    rejected: z.array(rejected).describe('The first 100 rejected events.'),
    more_rejected: z.record(z.string(), z.int()).optional().describe('How many further events were rejected, by code.'),
  })
  const others = DIALECTS.flatMap(({ name, paths }) => paths.map(path => ({ name, path }))).filter(({ path }) => path !== '/v1/events')
  return describePaths({
    ...Object.fromEntries(
      others.flatMap(({ name, path }) => [
        [
          `POST ${path}`,
          {
            summary: `Send events in the dialect ${name}`,
            body: z.looseObject({}),
            answers: { 200: z.looseObject({}).describe('In the form that clients of the dialect expect.') },
          },
        ],
        [`OPTIONS ${path}`, { summary: PREFLIGHT, anyone: true, answers: { 204: 'The headers say it.' } }],
      ]),
    ),
    'POST /v1/events': {
      summary: 'Send events',
      body: z.union([event, z.array(event)]),
      bodies: { 'application/x-ndjson': { schema: { type: 'string', description: 'An event a line.' } } },
      answers: {
        202: taken.describe('At least one event is durable in the log.'),
        422: taken.describe('Well-formed, but every event was rejected.'),
      },
    },
    'OPTIONS /v1/events': { summary: PREFLIGHT, anyone: true, answers: { 204: 'The headers say it.' } },
  })
}

const time = z.string().describe('RFC 3339.')
const nullable = z.number().nullable()
const severity = z.enum(['P0', 'P1', 'P2', 'P3'])

const alert = z.looseObject({
  rule: z.string(),
  metric: z.string().nullable(),
  unit: z.string().nullable(),
  severity,
  state: z.enum(['pending', 'firing', 'resolved']),
  labels: z.record(z.string(), z.string()),
  value: nullable,
  threshold: nullable,
  starts_at: time,
  ends_at: time.nullable(),
  fingerprint: z.string(),
  acknowledged_by: z.string().nullable(),
})

const historyEntry = z.looseObject({
  at: time,
  rule: z.string(),
  metric: z.string().nullable(),
  unit: z.string().nullable(),
  severity,
  state: z.enum(['firing', 'resolved']),
  starts_at: time,
  ends_at: time.nullable(),
  value: nullable,
  threshold: nullable,
})

const matcher = z.union([
  z.string().describe('severity="P1"'),
  z.object({ name: z.string(), value: z.string(), isRegex: z.boolean().optional(), isEqual: z.boolean().optional() }),
])
const silence = z.looseObject({
  id: z.string(),
  startsAt: time,
  endsAt: time,
  createdBy: z.string(),
  comment: z.string(),
  status: z.object({ state: z.enum(['pending', 'active', 'expired']) }),
})

const rule = z.looseObject({
  rule: z.string(),
  severity,
  metric: z.string(),
  unit: z.string().nullable(),
  condition: z.string().describe('As a sentence.'),
  for_seconds: z.number(),
  min_sample: z.number(),
  no_data: z.string(),
  state: z.enum(['ok', 'pending', 'firing']),
})

const backtest = z.looseObject({
  from: time,
  to: time,
  step_seconds: z.number(),
  rules: z.array(z.looseObject({ rule: z.string(), fired: z.int(), firing_seconds: z.number(), episodes: z.array(z.looseObject({})) })),
  notifications: z.record(z.string(), z.int()).describe('Messages by receiver.'),
})

/** What the alerts answer. */
export function alertsApi(): OpenApiPart {
  return describePaths({
    'GET /v1/alerts': { summary: 'The alerts', answers: { 200: z.object({ alerts: z.array(alert) }) } },
    'GET /v1/alerts/history': {
      summary: 'Firings and resolutions, the newest first',
      query: { limit: z.int().min(1).max(10_000), rule: z.string(), fingerprint: z.string() },
      answers: { 200: z.object({ history: z.array(historyEntry) }) },
    },
    'GET /v1/alerts/deliveries': {
      summary: 'How the last messages ended',
      answers: { 200: z.object({ deliveries: z.array(z.looseObject({ at: time, channel: z.string(), outcome: z.string() })) }) },
    },
    'POST /v1/alerts/{fingerprint}/ack': {
      summary: 'Acknowledge a firing alert',
      body: z.object({ by: z.string().optional() }),
      answers: { 200: z.looseObject({ fingerprint: z.string(), acknowledged_by: z.string() }) },
    },
    'POST /v1/alerts/test-channel': {
      summary: 'Send a test over a channel',
      body: z.object({ channel: z.string() }),
      answers: { 200: z.looseObject({ channel: z.string(), type: z.string() }) },
    },
    'GET /v1/silences': { summary: 'The silences', answers: { 200: z.object({ silences: z.array(silence) }) } },
    'POST /v1/silences': {
      summary: 'Silence alerts',
      body: z.object({
        matchers: z.array(matcher).min(1),
        startsAt: time.optional(),
        endsAt: time.optional(),
        duration: z.string().optional().describe('In place of endsAt: 2h.'),
        createdBy: z.string().optional(),
        comment: z.string().optional(),
      }),
      answers: { 201: silence.extend({ silenceID: z.string() }) },
    },
    'DELETE /v1/silences/{id}': { summary: 'End a silence', answers: { 204: 'It is over.' } },
    'GET /v1/rules': { summary: 'The rules, and how each stands', answers: { 200: z.object({ rules: z.array(rule) }) } },
    'POST /v1/rules/backtest': {
      summary: 'When rules would have fired over what is stored; line by line to Accept: application/x-ndjson',
      body: z.object({ from: z.string(), to: z.string(), step: z.string(), rule: z.string() }).partial(),
      answers: { 200: backtest },
    },
  })
}
