import { z } from 'zod'
import { count, nullable, time } from './common.ts'
import { declare, type Out } from './declare.ts'

const stage = z.enum(['internal', 'canary', 'beta', 'partial', 'full', 'withdrawn'])
const verdict = z.enum(['better', 'worse', 'no_difference', 'not_enough_data'])

const declared = {
  date: time.describe('The declared date, else its first event. Ages are counted from it.'),
  stage: stage.nullable().describe('The stage of its roll-out; null if releases.yaml does not declare it.'),
  rollout: nullable.describe('The declared share of its roll-out, a fraction of 1.'),
  notes: z.string().nullable().describe('The address of its release notes.'),
}

const release = z.object({
  version: z.string(),
  ...declared,
  first_seen: time.nullable(),
  age_days: z.number(),
  sessions: count,
  users: count,
  share: nullable.describe('Its share of all releases’ sessions of the last 7 days, a fraction of 1.'),
  crash_free_sessions: nullable.describe('A fraction of 1; null if releases.yaml declares no crash event.'),
  crash_free_users: nullable,
  verdict: verdict.describe('The verdict on crash-free sessions, compared with the preceding release at the same age.'),
})
export type ListedRelease = Out<typeof release>

const list = z.object({ releases: z.array(release) })
export type ReleasesAnswer = Out<typeof list>

const side = z.object({ value: nullable, sample: z.number() })
const volume = side.extend({
  metric: z.string(),
  by: z.record(z.string(), z.string()).optional(),
  against: side,
  difference: nullable,
})
const comparedMetric = volume.extend({
  interval: z.tuple([z.number(), z.number()]).nullable().describe('The interval of the difference.'),
  confidence: z.number(),
  verdict,
})
export type ComparedMetric = Out<typeof comparedMetric>

const adoption = z.object({
  from: time,
  sessions: count,
  users: count,
  share_sessions: nullable.describe('A fraction of all sessions of the step.'),
  share_users: nullable.describe('A fraction of all active users of the step.'),
})
export type AdoptionPoint = Out<typeof adoption>

const comparison = z.object({
  version: z.string(),
  ...declared,
  against: z.string().nullable().describe('Null for the first release.'),
  age_days: z.number().describe('The age at which both are compared.'),
  metrics: z.array(comparedMetric).describe('Proportions and percentiles, as a whole and by the properties of releases.yaml.'),
  volumes: z.array(volume).describe('Counts of their use, without a verdict.'),
  adoption: z.object({
    step_seconds: count,
    own: z.array(adoption),
    against: z.array(adoption).describe('The adoption of the other release at the same ages.'),
  }),
})
export type ReleaseAnswer = Out<typeof comparison>

const gate = z.object({
  release: z.string(),
  against: z.string().nullable(),
  passed: z.boolean(),
  enough_data: z.boolean().describe('False if a condition could not be judged.'),
  checks: z.array(
    z.object({
      name: z.string(),
      passed: z.boolean().nullable().describe('Null without enough data.'),
      value: nullable,
      limit: nullable,
      reason: z.string(),
    }),
  ),
})
export type GateAnswer = Out<typeof gate>

const crashGroup = z.object({
  group: z.string().describe('The hash of the normalised stack.'),
  stack: z
    .string()
    .nullable()
    .describe('The stack without addresses, line numbers and generics. Null if it is sensitive and the caller may not see it.'),
  count: count.describe('All crashes.'),
  users: count,
  release_count: count.describe('Crashes of the requested release, else all.'),
  first_seen: time,
  last_seen: time,
  first_version: z.string().nullable().describe('The lowest release by semantic version with the crash.'),
  last_version: z.string().nullable(),
  is_new: z.boolean().describe('Whether no release lower than the requested one (default: the newest one that crashed) had it.'),
  versions: z.record(z.string(), count),
  trend: z.array(count).describe('Crashes of the last 14 days, the oldest first.'),
})
export type CrashGroup = Out<typeof crashGroup>
const crashGroups = z.object({ release: z.string().nullable(), groups: z.array(crashGroup) })
export type CrashGroupsAnswer = Out<typeof crashGroups>

const version = z.object({ version: z.string().max(256) })
const against = z.strictObject({ against: z.string().max(256).optional().describe('Default: the preceding release by semantic version.') })

export const releases = {
  list: declare({
    method: 'GET',
    path: '/v1/releases',
    summary: 'All releases, the newest first',
    access: 'read',
    answers: { 200: list },
  }),
  read: declare({
    method: 'GET',
    path: '/v1/releases/{version}',
    summary: 'A release compared with another one at the same age',
    access: 'read',
    params: version,
    query: against,
    answers: { 200: comparison },
  }),
  gate: declare({
    method: 'GET',
    path: '/v1/releases/{version}/gate',
    summary: 'Whether a release meets the conditions of releases.yaml',
    access: 'read',
    params: version,
    query: against,
    answers: { 200: gate },
  }),
  crashGroups: declare({
    method: 'GET',
    path: '/v1/crash-groups',
    summary: 'Crashes with the same stack, those with most crashes first; at most 100',
    access: 'read',
    query: z.strictObject({ release: z.string().max(256).optional().describe('Only groups of this release.') }),
    answers: { 200: crashGroups },
  }),
}
