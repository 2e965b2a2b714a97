import { z } from 'zod'
import { count, nullable, time } from './common.ts'
import { declare, type Out } from './declare.ts'

const stage = z.enum(['internal', 'canary', 'beta', 'partial', 'full', 'withdrawn'])
const verdict = z.enum(['better', 'worse', 'no_difference', 'not_enough_data'])

const declared = {
  date: time.describe('When it came out: the declared date, else its first event. Ages are counted from it.'),
  stage: stage.nullable().describe('The stage of its roll-out; null where releases.yaml does not declare it.'),
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
  share: nullable.describe('Its share of all releases’ sessions of the last 24 hours, a fraction of 1.'),
  crash_free_sessions: nullable.describe('A fraction of 1; null where releases.yaml declares no crash event.'),
  crash_free_users: nullable,
  verdict: verdict.describe('Of crash-free sessions, compared with the previous release at the same age.'),
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
  interval: z.tuple([z.number(), z.number()]).nullable().describe('Of the difference.'),
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
  volumes: z.array(volume).describe('How much they are used: counts without a verdict.'),
  adoption: z.object({
    step_seconds: count,
    own: z.array(adoption),
    against: z.array(adoption).describe('Of the other release at the same ages.'),
  }),
})
export type ReleaseAnswer = Out<typeof comparison>

const gate = z.object({
  release: z.string(),
  against: z.string().nullable(),
  passed: z.boolean(),
  enough_data: z.boolean().describe('False where a condition could not be judged.'),
  checks: z.array(
    z.object({
      name: z.string(),
      passed: z.boolean().nullable().describe('Null is not enough data.'),
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
    .describe('The stack without addresses, line numbers and generics. Null where it is sensitive and the caller lacks the right to that.'),
  count: count.describe('Crashes, ever.'),
  users: count,
  release_count: count.describe('Crashes of the release that is asked for; else all.'),
  first_seen: time,
  last_seen: time,
  first_version: z.string().nullable().describe('The lowest release, by semantic version, that had it.'),
  last_version: z.string().nullable(),
  is_new: z.boolean().describe('No lower release than the one asked for (else than the newest that crashed) had it.'),
  versions: z.record(z.string(), count),
  trend: z.array(count).describe('Crashes of the last 14 days, the oldest first.'),
})
export type CrashGroup = Out<typeof crashGroup>
const crashGroups = z.object({ release: z.string().nullable(), groups: z.array(crashGroup) })
export type CrashGroupsAnswer = Out<typeof crashGroups>

const version = z.object({ version: z.string().max(256) })
const against = z.strictObject({ against: z.string().max(256).optional().describe('Default: the release before, by semantic version.') })

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
    summary: 'Whether a release fulfils the conditions of releases.yaml',
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
    query: z.strictObject({ release: z.string().max(256).optional().describe('Only groups that this release has.') }),
    answers: { 200: crashGroups },
  }),
}
