import { z } from 'zod'
import { describePaths } from './describe-paths.ts'
import type { OpenApiPart } from './openapi.ts'

const time = z.iso.datetime()
const count = z.int()
const groups = z.record(z.string(), z.object({ behind: count, total: count })).describe('Log records, by group.')
const health = z.looseObject({ status: z.string() })

const found = { group: z.string(), kind: z.string(), partition: count, from: count, to: count, at: count, detail: z.string() }
const incident = z.object({ id: z.string(), ...found, acknowledgedAt: count.nullable() })

const verification = z.object({
  ok: z.boolean(),
  from: time,
  to: time,
  accepted: count,
  stored: count,
  duplicates: count,
  rejected: count,
  dead_lettered: count,
  differences: z.array(z.object({ what: z.string(), found: z.record(z.string(), z.number().nullable()) })),
  incidents: z.array(z.object(found)),
  metrics: z.array(z.object({ metric: z.string(), live: z.number().nullable(), warehouse: z.number().nullable() })),
  notes: z.array(z.string()),
})

const ingestion = z.object({
  at: time,
  per_second: z.number().describe('Accepted in the last whole minute.'),
  minutes: z.array(z.object({ at: time, accepted: count, duplicates: count, dead_lettered: count, rejected: count })),
  rejected: z.record(z.string(), count).describe('Of the last hour, by the code of the refusal.'),
  groups,
  dead_letters: z.object({ last_day: count, total: count }),
})

const deadLetter = z.object({
  at: time,
  partition: count,
  offset: count,
  reason: z.string(),
  text: z.string().optional(),
  base64: z.string().optional().describe('In place of `text` where it is none.'),
})

const published = z.looseObject({ value: z.number().nullable(), hidden: z.boolean() })
const publicAnswer = z.object({
  product: z.object({ name: z.string(), title: z.string(), timezone: z.string(), launch: z.iso.date() }),
  period: z.literal('week'),
  k: count.describe('Groups of fewer people are hidden.'),
  metrics: z.array(
    z.looseObject({
      name: z.string(),
      title: z.string(),
      unit: z.string(),
      points: z.array(published.extend({ from: time, to: time, week: count })),
    }),
  ),
})

/** What whoever runs an installation asks of it, what the page itself asks, and what anyone may. */
export function operationsApi(): OpenApiPart {
  const span = { from: z.string(), to: z.string() }
  return describePaths({
    'GET /healthz': { summary: 'Whether the process lives', anyone: true, answers: { 200: health } },
    'GET /readyz': {
      summary: 'Whether every part works',
      anyone: true,
      answers: { 200: health, 503: 'A part fails; the answer says which.' },
    },
    'GET /openapi.json': { summary: 'This document', anyone: true, answers: { 200: z.looseObject({ openapi: z.string() }) } },
    'GET /v1/live': {
      summary: 'Live values as server-sent events: all metrics first, then those that changed; Last-Event-ID resumes',
      type: 'text/event-stream',
      answers: { 200: '`event: values`, its data {at, metrics: {NAME: {current, previous, today, by?}}}.' },
    },
    'GET /v1/dashboard': {
      summary: 'The panels of the page’s first view',
      answers: { 200: z.looseObject({ title: z.string(), panels: z.array(z.looseObject({ type: z.string() })) }) },
    },
    'GET /v1/verify': { summary: 'Whether log, counters and warehouse hold the same', query: span, answers: { 200: verification } },
    'GET /v1/lag': { summary: 'How far each group has come', answers: { 200: z.object({ groups }) } },
    'GET /v1/ingestion': { summary: 'Rate, refusals by reason, lag and dead letters of the last hour', answers: { 200: ingestion } },
    'GET /v1/dead-letters': {
      summary: 'What was accepted and could not be stored, the latest first',
      query: { limit: z.int().min(1).max(1_000), before: z.string().describe('What `next` was.') },
      answers: { 200: z.object({ dead_letters: z.array(deadLetter), next: z.string().nullable() }) },
    },
    'GET /v1/incidents': {
      summary: 'Losses of the event log, the newest first',
      answers: { 200: z.object({ incidents: z.array(incident) }) },
    },
    'POST /v1/incidents/acknowledge': {
      summary: 'Acknowledge every open incident',
      answers: { 200: z.object({ acknowledged: z.array(incident) }) },
    },
    'POST /v1/rebuild': { summary: 'Count the live counters again from the log', answers: { 202: z.object({ status: z.string() }) } },
    'GET /v1/public': { summary: 'What anyone may see', anyone: true, answers: { 200: publicAnswer } },
  })
}
