import { z } from 'zod'
import { count, instant, limit, nullable, time } from './common.ts'
import { declare, type Out } from './declare.ts'

const readiness = z.object({
  status: z.enum(['ready', 'degraded', 'not ready']),
  parts: z.record(z.string(), z.object({ healthy: z.boolean(), reason: z.string() })),
})
export type Readiness = Out<typeof readiness>

const groups = z.record(z.string(), z.object({ behind: count, total: count })).describe('Log records by consumer group.')

const found = { group: z.string(), kind: z.string(), partition: count, from: count, to: count, at: count, detail: z.string() }
const incident = z.object({ id: z.string(), ...found, acknowledgedAt: count.nullable() })

const verification = z.object({
  ok: z.boolean(),
  from: time,
  to: time,
  log_from: time.describe('The time from which the log has every record. Earlier events are compared only between the groups.'),
  accepted: count,
  stored: count,
  duplicates: count,
  rejected: count,
  dead_lettered: count,
  forgotten: count.describe('Events of erased users; the other figures do not count them.'),
  differences: z.array(z.object({ what: z.string(), found: z.record(z.string(), nullable) })),
  incidents: z.array(z.object(found)).describe('All unacknowledged losses of the event log.'),
  metrics: z.array(z.object({ metric: z.string(), live: nullable, warehouse: nullable })),
  notes: z.array(z.string()).describe('Comparisons that could not be made, with the reason.'),
})
export type Verification = Out<typeof verification>

const ingestion = z.object({
  at: time,
  per_second: z.number().describe('Accepted events in the last whole minute.'),
  minutes: z.array(z.object({ at: time, accepted: count, duplicates: count, dead_lettered: count, rejected: count })),
  rejected: z.record(z.string(), count).describe('Rejected events of the last hour by code, the most frequent first.'),
  groups,
  dead_letters: z
    .object({
      last_day: count,
      total: count,
      quarantined: count.describe('Events of the total that violate the tracking plan.'),
    })
    .describe('Events in dead letters: 1 for an unreadable dead letter.'),
})
export type Ingestion = Out<typeof ingestion>

const deadLetter = z.object({
  at: time,
  partition: count,
  offset: count,
  reason: z.string().describe('Begins with `quarantined` for quarantined events.'),
  events: count,
  text: z.string().optional(),
  base64: z.string().optional().describe('Replaces `text` if the bytes are not text.'),
  withheld: z.boolean().optional().describe('Replaces the content if it may have sensitive properties that the caller may not see.'),
})
const deadLetters = z.object({ dead_letters: z.array(deadLetter), next: z.string().nullable() })
export type DeadLetters = Out<typeof deadLetters>

const deadLetterTrial = z.object({
  total: count,
  passed: count.describe('Records and quarantined events that the current plan and tables accept.'),
  refused: z.record(z.string(), count).describe('The others by reason.'),
})
export type DeadLetterTrial = Out<typeof deadLetterTrial>

const logEvent = z
  .looseObject({
    partition: count,
    offset: count.describe('The offset of the record, which its events share.'),
    appended_at: time,
    event: z.string().optional(),
    timestamp: time.optional(),
    damage: z.string().optional().describe('Replaces the events of an unreadable record: the reason.'),
  })
  .describe('The event’s properties are further fields.')
const logPage = z.object({
  partitions: count,
  events: z.array(logEvent).describe('The events of whole records: there may be more than the limit.'),
  next: count.describe('The offset of the next page.'),
})
export type LogPage = Out<typeof logPage>

const backup = z.object({
  state: z.enum(['none', 'running', 'done', 'failed']),
  folder: z.string().nullable(),
  reason: z.string().nullable().describe('The reason of a failure.'),
})
export type BackupStatus = Out<typeof backup>

const receipt = z.object({
  pseudonym: z.string(),
  events: count.describe('Rows deleted from the warehouse’s events.'),
  counters: count.describe('Events that the live counters no longer count.'),
  dead_letters: count.describe('Quarantined events, and events in dead letters: 1 for an unreadable dead letter.'),
  remaining: count.describe('Rows of the user that remain: 0.'),
})
const forgotten = z.object({
  receipts: z.array(receipt),
  log: z
    .enum(['erased', 'left_out_until_retention'])
    .describe('A log in Kafka keeps its records until its retention deletes them; all readers omit these events.'),
  log_kept_until: z
    .string()
    .nullable()
    .describe('The earliest time at which the retention of a log in Kafka deletes the records, RFC 3339. Null if they are erased.'),
})
export type ForgetAnswer = Out<typeof forgotten>

/** A line of the answer to `Accept: application/x-ndjson`. */
export type ForgetLine = { readonly step: string } | { readonly result: ForgetAnswer } | { readonly error: string }

export const operations = {
  health: declare({
    method: 'GET',
    path: '/healthz',
    summary: 'Whether the process is alive',
    access: 'anyone',
    answers: { 200: z.object({ status: z.literal('ok') }) },
  }),
  readiness: declare({
    method: 'GET',
    path: '/readyz',
    summary: 'Whether every part works',
    access: 'anyone',
    answers: { 200: readiness, 503: readiness },
  }),
  description: declare({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document',
    access: 'anyone',
    answers: { 200: z.looseObject({ openapi: z.string() }) },
  }),
  verify: declare({
    method: 'GET',
    path: '/v1/verify',
    summary: 'Compare log, counters, warehouse and ledger over a span',
    access: 'admin',
    query: z.strictObject({ from: instant.optional(), to: instant.optional() }),
    answers: { 200: verification },
  }),
  lag: declare({
    method: 'GET',
    path: '/v1/lag',
    summary: 'The lag of each consumer group',
    access: 'read',
    answers: { 200: z.object({ groups }) },
  }),
  ingestion: declare({
    method: 'GET',
    path: '/v1/ingestion',
    summary: 'Rate, rejections by code, lag and dead letters of the last hour',
    access: 'read',
    answers: { 200: ingestion },
  }),
  deadLetters: declare({
    method: 'GET',
    path: '/v1/dead-letters',
    summary: 'Accepted events that could not be stored or are quarantined, newest first',
    access: 'admin',
    query: z.strictObject({
      limit: limit(1_000, 50),
      before: z
        .string()
        .regex(/^\d{1,15}-\d{1,9}-\d{1,18}-\d{1,20}$/, 'is the `next` of an earlier answer')
        .optional()
        .describe('The `next` of an earlier answer.'),
    }),
    answers: { 200: deadLetters },
  }),
  log: declare({
    method: 'GET',
    path: '/v1/log/{partition}',
    summary: 'Events of the event log, in the order of its records',
    access: 'admin',
    params: z.object({ partition: z.coerce.number().int().min(0) }),
    query: z.strictObject({
      from: z.string().optional().describe('An offset, a date or an RFC 3339 time. Default: the oldest record.'),
      limit: limit(10_000, 1_000),
    }),
    answers: { 200: logPage },
  }),
  incidents: declare({
    method: 'GET',
    path: '/v1/incidents',
    summary: 'Losses of the event log or a store',
    access: 'read',
    answers: { 200: z.object({ incidents: z.array(incident) }) },
  }),
  acknowledgeIncidents: declare({
    method: 'POST',
    path: '/v1/incidents/acknowledge',
    summary: 'Acknowledge every open incident',
    access: 'admin',
    answers: { 200: z.object({ acknowledged: z.array(incident) }) },
  }),
  startBackup: declare({
    method: 'POST',
    path: '/v1/backup',
    summary: 'Start a copy of an embedded installation into a folder of its machine',
    access: 'admin',
    body: z.strictObject({
      folder: z.string().min(1).max(4_096).describe('An absolute path. The folder contains one file, `request`.'),
      proof: z.string().min(32).max(256).describe('The content of `request`, which proves that the caller can write there.'),
    }),
    answers: { 202: backup },
  }),
  backup: declare({
    method: 'GET',
    path: '/v1/backup',
    summary: 'State of this process’s last backup',
    access: 'admin',
    answers: { 200: backup },
  }),
  rebuild: declare({
    method: 'POST',
    path: '/v1/rebuild',
    summary: 'Count the live counters again from the log',
    access: 'admin',
    answers: { 202: z.object({ status: z.string() }) },
  }),
  tryDeadLetters: declare({
    method: 'POST',
    path: '/v1/dead-letters/try',
    summary: 'How many dead letters the current plan would accept; changes nothing',
    access: 'admin',
    answers: { 200: deadLetterTrial },
  }),
  replayDeadLetters: declare({
    method: 'POST',
    path: '/v1/dead-letters/replay',
    summary: 'Store the dead letters that the current plan accepts, each once',
    access: 'admin',
    answers: { 200: deadLetterTrial },
  }),
  forget: declare({
    method: 'POST',
    path: '/v1/forget',
    summary: 'Erase users from the log, the counters, the warehouse and the dead letters',
    access: 'admin',
    body: z.strictObject({
      user_ids: z.array(z.string().min(1).max(128)).min(1).max(10_000).describe('Ids as the application sends them.'),
    }),
    answers: { 200: forgotten },
    types: { answer: ['application/x-ndjson'] },
  }),
}
