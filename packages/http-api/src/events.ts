import { DIALECTS } from '@northstar/events'
import { z } from 'zod'
import { type Declaration, declare } from './declare.ts'

const event = z.looseObject({
  event: z.string().describe('Or event_type.'),
  id: z.string().max(128).optional().describe('Default: random. A repeated id is accepted and counted once.'),
  timestamp: z
    .union([z.iso.datetime({ offset: true }), z.number()])
    .optional()
    .describe('RFC 3339 or epoch milliseconds. Default: the arrival.'),
  user_id: z.string().optional(),
  session_id: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional().describe('Unknown top-level fields count as properties.'),
})
const rejection = z.object({ index: z.int(), code: z.string(), field: z.string().optional(), message: z.string() })
const outcome = z.object({
  accepted: z.int(),
  quarantined: z.int().optional().describe('Accepted events in quarantine, since they violate the tracking plan.'),
  flagged: z.int().optional().describe('Accepted events that are stored without properties that violate the tracking plan.'),
  rejected: z.array(rejection).describe('The first 100 rejected events.'),
  more_rejected: z.record(z.string(), z.int()).optional().describe('Further rejected events by code.'),
})

/** The parameters that a path has in braces. */
function paramsOf(path: string): { readonly params?: z.ZodObject } {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  return names.length === 0 ? {} : { params: z.object(Object.fromEntries(names.map(name => [name, z.string()]))) }
}

function preflight(path: string) {
  const summary = 'CORS preflight'
  const answers = { 204: 'The allowed origins, methods and headers.' }
  return declare({ method: 'OPTIONS', path: path as `/${string}`, summary, access: 'anyone', ...paramsOf(path), answers })
}

/** Ingest reads its bodies itself, as a stream with its own limits. These declarations only describe them. */
export const events = {
  send: declare({
    method: 'POST',
    path: '/v1/events',
    summary: 'Send events',
    access: 'write key',
    body: z.union([event, z.array(event)]),
    answers: {
      202: outcome.describe('At least one event is durable in the log.'),
      422: outcome.describe('Well-formed, but every event was rejected.'),
    },
    types: { body: ['application/x-ndjson'] },
  }),
  preflight: preflight('/v1/events'),
}

const others = DIALECTS.flatMap(({ name, paths }) => paths.map(path => ({ name, path }))).filter(({ path }) => path !== events.send.path)

/** The routes for other products' clients. */
export const dialects: Readonly<Record<string, Declaration>> = Object.fromEntries(
  others.flatMap(({ name, path }) => [
    [
      `send ${path}`,
      declare({
        method: 'POST',
        path: path as `/${string}`,
        summary: `Send events in the dialect ${name}`,
        access: 'write key',
        ...paramsOf(path),
        body: z.looseObject({}),
        answers: { 200: z.looseObject({}).describe('In the form that clients of the dialect expect.') },
      }),
    ],
    [`preflight ${path}`, preflight(path)],
  ]),
)
