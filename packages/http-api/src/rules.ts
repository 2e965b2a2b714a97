import { z } from 'zod'
import { instant, labels, nullable, severity, time, unit } from './common.ts'
import { declare, type Out } from './declare.ts'

const rule = z.object({
  rule: z.string(),
  title: z.string().describe('The display name.'),
  group: z.string(),
  severity,
  metric: z.string(),
  unit: unit.nullable(),
  condition: z.string().describe('The condition in words.'),
  for_seconds: z.number(),
  keep_firing_for_seconds: z.number(),
  recovery: nullable,
  min_sample: z.number(),
  no_data: z.enum(['keep', 'ok', 'alerting', 'no_data']),
  by: z.string().nullable(),
  where: z.record(z.string(), z.unknown()),
  labels,
  action: z.string(),
  runbook: z.string().nullable(),
  receivers: z.array(z.string()).describe('The receivers that its labels route to.'),
  state: z.enum(['ok', 'pending', 'firing']),
  alerts: z.array(
    z.object({
      fingerprint: z.string(),
      member: z.string().nullable(),
      state: z.enum(['pending', 'firing', 'resolved']),
      value: nullable,
      threshold: nullable,
      starts_at: time,
    }),
  ),
})
export type Rule = Out<typeof rule>

const episode = z.object({
  labels,
  member: z.string().nullable(),
  from: time,
  to: time.nullable(),
  seconds: z.number(),
  worst: nullable,
  threshold: nullable,
})

const backtest = z.object({
  from: time,
  to: time,
  step_seconds: z.number(),
  rules: z.array(
    z.object({
      rule: z.string(),
      severity,
      fired: z.int(),
      lapsed: z.int().describe('How often the condition was met, but not long enough to fire.'),
      firing_seconds: z.number(),
      share: z.number().describe('The share of time in which it fires, a fraction of 1.'),
      longest_seconds: z.number(),
      per_week: z.number(),
      episodes: z.array(episode),
    }),
  ),
  notifications: z.record(z.string(), z.int()).describe('Notifications by receiver.'),
})
export type BacktestAnswer = Out<typeof backtest>

/** A line of the answer to `Accept: application/x-ndjson`: the progress from 0 to 1, then the result or an error. */
export type BacktestLine = { readonly done: number } | { readonly result: BacktestAnswer } | { readonly error: string }

export const rules = {
  list: declare({
    method: 'GET',
    path: '/v1/rules',
    summary: 'All alert rules with their states',
    access: 'read',
    answers: { 200: z.object({ rules: z.array(rule) }) },
  }),
  backtest: declare({
    method: 'POST',
    path: '/v1/rules/backtest',
    summary: 'When rules would have fired in the stored history; with Accept: application/x-ndjson as lines with the progress',
    access: 'responder',
    body: z
      .strictObject({
        from: instant,
        to: instant,
        step: z.string().describe('The time between evaluations, such as 1m.'),
        rule: z.string(),
      })
      .partial(),
    answers: { 200: backtest },
    types: { answer: ['application/x-ndjson'] },
  }),
}
