import { z } from 'zod'
import { labels, limit, nullable, severity, time, unit } from './common.ts'
import { declare, type Out } from './declare.ts'

const notification = z.object({
  at: time.describe('The time of its outcome, or when it was queued.'),
  receiver: z.string(),
  channel: z.string(),
  recipient: z.string().optional().describe('One of the channel’s recipients.'),
  reason: z.string(),
  outcome: z.enum(['delivered', 'failed', 'queued']),
  attempts: z.int(),
  problem: z.string().optional().describe('The reason of the failure or the retry.'),
})

export const alertView = z.object({
  rule: z.string(),
  metric: z.string().nullable(),
  unit: unit.nullable(),
  severity,
  state: z.enum(['pending', 'firing', 'resolved']),
  labels,
  annotations: labels,
  value: nullable,
  threshold: nullable,
  sample: nullable,
  starts_at: time,
  ends_at: time.nullable(),
  fingerprint: z.string(),
  acknowledged_by: z.string().nullable(),
  silenced_by: z.array(z.string()).describe('Ids of silences.'),
  inhibited_by: z.string().nullable().describe('The fingerprint of the alert that inhibits it.'),
  receivers: z.array(z.string()).describe('The receivers that its labels route to.'),
  notifications: z.array(notification).describe('The notifications about it.'),
})
export type Alert = Out<typeof alertView>

const historyEntry = z.object({
  at: time,
  rule: z.string(),
  metric: z.string().nullable(),
  unit: unit.nullable(),
  severity,
  state: z.enum(['firing', 'resolved']),
  starts_at: time,
  ends_at: time.nullable(),
  value: nullable,
  threshold: nullable,
  labels,
  fingerprint: z.string(),
})
export type HistoryEntry = Out<typeof historyEntry>

const delivery = z.object({
  at: time,
  id: z.string(),
  channel: z.string(),
  recipient: z.string().optional(),
  receiver: z.string(),
  reason: z.string(),
  rules: z.array(z.string()),
  fingerprints: z.array(z.string()),
  attempts: z.int(),
  outcome: z.enum(['delivered', 'failed']),
  problem: z.string().optional(),
})

const receiver = z.object({
  receiver: z.string(),
  state: z.enum(['on', 'off']).describe('off: nobody is notified by it.'),
  digest: z.boolean().describe('Whether a weekly digest lists its alerts.'),
  channels: z.array(
    z.object({
      channel: z.string(),
      type: z.string().nullable(),
      state: z.enum(['on', 'off']),
      missing: z.array(z.string()).describe('Environment variables without a value.'),
      problem: z.string().nullable(),
    }),
  ),
})
export type Receiver = Out<typeof receiver>

const acknowledgement = z.object({ fingerprint: z.string(), rule: z.string(), acknowledged_by: z.string(), acknowledged_at: time })

const testResult = z.object({
  channel: z.string(),
  type: z.string(),
  kind: z.enum(['ok', 'retry', 'failed']),
  reason: z.string().optional(),
  afterMs: z.number().optional(),
})

export const alerts = {
  list: declare({
    method: 'GET',
    path: '/v1/alerts',
    summary: 'Alerts that are pending, firing or recently resolved',
    access: 'read',
    answers: { 200: z.object({ alerts: z.array(alertView) }) },
  }),
  history: declare({
    method: 'GET',
    path: '/v1/alerts/history',
    summary: 'Firings and resolutions, newest first',
    access: 'read',
    query: z.strictObject({ limit: limit(10_000, 100), rule: z.string().optional(), fingerprint: z.string().optional() }),
    answers: { 200: z.object({ history: z.array(historyEntry) }) },
  }),
  deliveries: declare({
    method: 'GET',
    path: '/v1/alerts/deliveries',
    summary: 'Outcomes of the last notifications, newest first',
    access: 'read',
    answers: { 200: z.object({ deliveries: z.array(delivery) }) },
  }),
  receivers: declare({
    method: 'GET',
    path: '/v1/alerts/receivers',
    summary: 'The receivers, their channels, and missing settings',
    access: 'read',
    answers: { 200: z.object({ receivers: z.array(receiver) }) },
  }),
  acknowledge: declare({
    method: 'POST',
    path: '/v1/alerts/{fingerprint}/ack',
    summary: 'Acknowledge a firing alert',
    access: 'responder',
    params: z.object({ fingerprint: z.string().max(64) }),
    body: z.strictObject({ by: z.string().min(1).max(200).optional().describe('Default: the caller.') }),
    answers: { 200: acknowledgement },
  }),
  testChannel: declare({
    method: 'POST',
    path: '/v1/alerts/test-channel',
    summary: 'Send a test notification through a channel',
    access: 'admin',
    body: z.strictObject({ channel: z.string() }),
    audited: ['channel'],
    answers: { 200: testResult },
  }),
}
