import { z } from 'zod'
import { alertView } from './alerts.ts'
import { count, limit, nullable, time } from './common.ts'
import { declare, type Out } from './declare.ts'

const fingerprint = z.string().regex(/^[0-9a-f]{16}$/, 'a fingerprint is 16 hexadecimal digits')
const params = z.object({ fingerprint })

const comment = z.object({ id: z.string(), fingerprint: z.string(), rule: z.string(), at: time, by: z.string(), text: z.string() })
export type AlertComment = Out<typeof comment>

const observation = z.object({
  at: time,
  from: time.describe('The rule’s window at that time.'),
  to: time,
  value: nullable,
  sample: z.number(),
  threshold: nullable,
})
const course = z.object({ points: z.array(observation) })
export type AlertCourse = Out<typeof course>

const measured = z.object({ value: nullable, sample: z.number() })
const span = z.object({ from: time, to: time, ...measured.shape })
const changes = z.object({
  before: span.describe('The metric before the alert.'),
  after: span.describe('The metric in the window of the alert’s start.'),
  properties: z
    .array(
      z.object({
        property: z.string(),
        members: z.array(
          z.object({
            member: z.string().nullable().describe('Null for events without the property.'),
            before: measured,
            after: measured,
            contribution: z.number().describe('The part of the metric’s change that comes from this member, in the metric’s unit.'),
          }),
        ),
      }),
    )
    .describe('Members by their contribution to the alert, the largest first.'),
  left: z.array(z.string()).describe('Properties beyond the maximum, which were not compared.'),
})
export type AlertChanges = Out<typeof changes>

/** One alert: its values, its causes and its comments. */
export const alert = {
  get: declare({
    method: 'GET',
    path: '/v1/alerts/{fingerprint}',
    summary: 'One alert, also after it is resolved',
    access: 'read',
    params,
    answers: { 200: alertView },
  }),
  course: declare({
    method: 'GET',
    path: '/v1/alerts/{fingerprint}/course',
    summary: 'The rule’s values before, during and after the alert, at most 32',
    access: 'read',
    params,
    answers: { 200: course },
  }),
  changes: declare({
    method: 'GET',
    path: '/v1/alerts/{fingerprint}/changes',
    summary: 'The members of properties that changed the metric most since before the alert',
    access: 'read',
    params,
    answers: { 200: changes },
  }),
  comments: declare({
    method: 'GET',
    path: '/v1/alerts/comments',
    summary: 'Comments on alerts, newest first',
    access: 'read',
    query: z.strictObject({ limit: limit(10_000, 1_000), fingerprint: fingerprint.optional() }),
    answers: { 200: z.object({ comments: z.array(comment), total: count }) },
  }),
  comment: declare({
    method: 'POST',
    path: '/v1/alerts/{fingerprint}/comments',
    summary: 'Comment on an alert',
    access: 'responder',
    params,
    body: z.strictObject({ text: z.string().trim().min(1).max(4_000) }),
    audited: ['text'],
    answers: { 201: comment },
  }),
}
