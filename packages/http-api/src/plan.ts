import { z } from 'zod'
import { count, time } from './common.ts'
import { declare, type Out } from './declare.ts'

const seen = { first_at: time, last_at: time }
const unknown = z.object({
  events: z.array(
    z.object({
      event: z.string(),
      declared: z.boolean().describe('Whether the tracking plan has an event of that name.'),
      keys: z.array(z.string()).describe('Names of the write keys that sent it.'),
      rejected: count,
      quarantined: count,
      flagged: count.describe('Stored without the properties that violate the plan.'),
      ...seen,
      properties: z
        .array(z.object({ property: z.string(), code: z.string(), count, ...seen }))
        .describe('The properties of the examined events.'),
    }),
  ),
  others: count.describe('Events whose names are not kept: too many different ones, or possible personal data.'),
})
export type UnknownAnswer = Out<typeof unknown>

const reloaded = z.object({
  events: count,
  properties: count,
  added: z.array(z.string()).describe('New events, and new properties as `event.property`.'),
})
export type ReloadAnswer = Out<typeof reloaded>

export const plan = {
  reload: declare({
    method: 'POST',
    path: '/v1/plan/reload',
    summary: 'Reload tracking-plan.yaml without a restart; incompatible changes are refused',
    access: 'admin',
    answers: { 200: reloaded },
  }),
  unknown: declare({
    method: 'GET',
    path: '/v1/plan/unknown',
    summary: 'Events and properties of the last 30 days that the tracking plan does not allow',
    access: 'admin',
    answers: { 200: unknown },
  }),
  suggestion: declare({
    method: 'GET',
    path: '/v1/plan/suggestion',
    summary: 'Lines for tracking-plan.yaml that would accept the unknown events and properties',
    access: 'admin',
    answers: { 200: z.object({ yaml: z.string() }) },
  }),
}
