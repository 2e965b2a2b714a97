import { z } from 'zod'
import { count, time } from './common.ts'
import { declare, type Out } from './declare.ts'

const date = z.iso
  .date()
  .refine(day => day >= '1970-01-01' && day < '2200-01-01', 'expected a day from 1970-01-01 to 2199-12-31')
  .describe('The due day of the report, in the product’s zone.')
const name = z.string().describe('A report of reports.yaml.')
const delivery = z.object({ at: time, outcome: z.enum(['delivered', 'failed']), problem: z.string().optional() })
const sent = z.object({ due_at: time, built_at: time, deliveries: z.record(z.string(), delivery).describe('By channel and recipient.') })

const listed = z.object({
  name: z.string(),
  title: z.string(),
  audience: z.string().nullable(),
  channels: z.array(
    z.object({
      name: z.string(),
      state: z.enum(['on', 'off']).describe('off: its settings are missing.'),
      missing: z.array(z.string()).describe('The variables without a value.'),
    }),
  ),
  next_at: time,
  next_date: z.iso.date().describe('The day of the next report in the product’s zone.'),
  notes: z
    .array(z.object({ heading: z.string(), title: z.string().nullable().describe('The section that shows it.') }))
    .describe('The lists that users may write.'),
  sent: z.array(z.iso.date()).describe('The days of sent reports, oldest first.'),
})

const report = z.object({
  name: z.string(),
  date: z.iso.date(),
  markdown: z.string(),
  sent: sent.nullable().describe('Null for a preview.'),
})
export type ListedReport = Out<typeof listed>
export type ReportAnswer = Out<typeof report>

const job = z.object({
  name: z.string(),
  next_at: time,
  last: z.object({ due_at: time, finished_at: time, late_seconds: z.number() }).nullable(),
  failing: z.object({ due_at: time, attempts: count, next_at: time, problem: z.string() }).nullable(),
  waiting: z.object({ next_at: time, reason: z.string() }).nullable().describe('A run that waits, and the time of its next attempt.'),
  skipped: count.describe('Due times that were skipped because they were too late.'),
})
const schedule = z.object({ jobs: z.array(job) })
export type ScheduleAnswer = Out<typeof schedule>

const collector = z.object({
  name: z.string(),
  type: z.string(),
  events: z.array(z.string()).describe('The events that it sends.'),
  next_at: time,
  fresh_at: time.nullable().describe('The start of its last complete run.'),
  wait_until: time.nullable().describe('The source asked not to be called before this time.'),
  failing: z.object({ since: time, problem: z.string() }).nullable(),
  unknown: z.string().nullable().describe('The reason why its figures are unknown.'),
  too_old: count.describe('Number of samples that were older than the retention and are not stored.'),
})
const collectorOff = z.object({
  name: z.string(),
  type: z.string(),
  missing: z.array(z.string()).describe('The variables that it needs and that have no value.'),
})
const collectors = z.object({ collectors: z.array(collector), off: z.array(collectorOff).describe('Collectors that do not run.') })
export type CollectorsAnswer = Out<typeof collectors>

const notes = z
  .record(z.string().regex(/^[a-z][a-z0-9_]{0,39}$/), z.array(z.string().min(1).max(500)).max(50))
  .describe('Lists by heading.')

export const reports = {
  list: declare({
    method: 'GET',
    path: '/v1/reports',
    summary: 'All reports with their next due times and sent days',
    access: 'read',
    answers: { 200: z.object({ reports: z.array(listed) }) },
  }),
  get: declare({
    method: 'GET',
    path: '/v1/reports/{name}',
    summary: 'The report of a day as it was sent, else a preview',
    access: 'read',
    params: z.object({ name }),
    query: z.strictObject({ at: date.optional() }),
    answers: { 200: report },
  }),
  send: declare({
    method: 'POST',
    path: '/v1/reports/{name}/send',
    summary: 'Send the report of a day now, to channels that have not received it',
    access: 'admin',
    params: z.object({ name }),
    body: z.strictObject({ at: date.optional() }),
    answers: { 200: report },
  }),
  notes: declare({
    method: 'GET',
    path: '/v1/reports/{name}/notes/{date}',
    summary: 'The notes for the report of a day',
    access: 'read',
    params: z.object({ name, date }),
    answers: { 200: z.object({ notes }) },
  }),
  writeNotes: declare({
    method: 'PUT',
    path: '/v1/reports/{name}/notes/{date}',
    summary: 'Replace the notes for the report of a day',
    access: 'responder',
    params: z.object({ name, date }),
    body: z.strictObject({ notes }),
    audited: ['notes'],
    answers: { 200: z.object({ notes }) },
  }),
  runJob: declare({
    method: 'POST',
    path: '/v1/schedule/{name}/run',
    summary: 'Run a scheduled job now for its last due time; completed parts are not repeated',
    access: 'admin',
    params: z.object({ name: z.string().describe('A job of /v1/schedule; its "/" as %2F.') }),
    answers: { 202: z.object({ job: z.string() }) },
  }),
  schedule: declare({
    method: 'GET',
    path: '/v1/schedule',
    summary: 'All scheduled jobs with their last and next runs',
    access: 'read',
    answers: { 200: schedule },
  }),
  collectors: declare({
    method: 'GET',
    path: '/v1/collectors',
    summary: 'All collectors with their last complete runs and failures',
    access: 'read',
    answers: { 200: collectors },
  }),
}
