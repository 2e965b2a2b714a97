import {
  declarationsOf,
  defineSection,
  eventProblems,
  type KnownPlan,
  type Problem,
  unknownWord,
  type YamlFile,
} from '@northstar/catalogue'
import { z } from 'zod'

const share = z.number().min(0).max(1).describe('A fraction of 1.')
const eventName = z.string().describe('An event of the tracking plan.')
const scalar = z.union([z.string(), z.number(), z.boolean()])

/** Values with their shares; counts are exact to one. */
const choices = z
  .array(z.strictObject({ value: scalar.describe('The value.'), share: share.describe('Its share, as a fraction of 1.') }))
  .min(1)

/** Whole numbers around a median, with a long tail (log-normal). */
const distribution = z.strictObject({
  p50: z.number().positive().describe('The median.'),
  p95: z.number().positive().describe('The 95th percentile.'),
})

/** A distribution for each value of another property, which must be declared before it. */
const byCase = z.strictObject({
  by: z.string().describe('Another property, declared before this one.'),
  cases: z.record(z.string(), distribution).describe('A distribution for each of its values.'),
})

const properties = z
  .record(z.string(), z.union([choices, distribution, byCase]))
  .default({})
  .describe('Properties of the event: [{value, share}, …], {p50, p95} or {by, cases}.')

const weekly = z.array(z.number().int().min(0)).min(1)

/** An event that accompanies a share of other events. */
const companion = z.strictObject({ event: eventName, share: share.describe('The share of them, as a fraction of 1.'), properties })

/** `simulation.yaml`: the activity of a product's users by week from its launch. */
const scenarioSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .describe('Prefix of the ids of users and events.'),
  installs: weekly.describe('Installations in each week.'),
  active_users: weekly.describe('Users with at least one use in each week.'),
  uses: weekly.describe('Uses in each week.'),
  days: z
    .array(
      z.strictObject({
        day: z.int().min(0).describe('Days after launch: 0 is the first day.'),
        installs: z.int().min(0).optional().describe('Installations on the day.'),
        uses: z.int().min(0).optional().describe('Uses on the day. Accompanying events keep their shares.'),
      }),
    )
    .default([])
    .describe('Days with fixed figures. The rest of their week has the remaining ones.'),
  retention: z.array(z.array(share)).describe('For each week’s new users: the share of them active 1, 2, … weeks later.'),
  activation: z
    .strictObject({
      within_a_day: share.describe('The share of installations with a first use within 24 hours.'),
      later: share.describe('The share of the others with a first use in the week after.'),
    })
    .describe('How installations become uses. Other new users installed in an untracked way.'),
  segments: z
    .array(
      z.strictObject({
        share: share.describe('Share of the active users, as a fraction of 1.'),
        min: z.number().int().min(1).describe('Minimum uses per week.'),
        max: z.number().int().min(1).describe('Maximum uses per week.'),
      }),
    )
    .min(1)
    .describe('Shares of the active users by uses per week.'),
  user: properties.describe('Properties of every event of a user.'),
  install: z.strictObject({ event: eventName, properties }).describe('The event of an installation.'),
  use: z.strictObject({ event: eventName, properties }).describe('The event of a use.'),
  releases: z
    .strictObject({
      property: z.string().default('version').describe('The property that names the release.'),
      rollout: z
        .array(
          z.strictObject({
            version: z.string().describe('The release.'),
            day: z.number().min(0).describe('Release day, in days after launch.'),
            days: z.number().min(0).default(0).describe('Days until all users have it.'),
          }),
        )
        .min(1)
        .describe('The releases, oldest first.'),
    })
    .optional()
    .describe('The roll-out of releases to users.'),
  beside_use: z
    .array(
      companion.extend({
        copy: z.array(z.string()).default([]).describe('Properties copied from the use.'),
        after_seconds: z.number().min(0).max(300).default(0).describe('Delay after the use. Default: 0.'),
      }),
    )
    .default([])
    .describe('Events for a share of the uses.'),
  per_session: z.array(companion).default([]).describe('Events for a share of the sessions.'),
  regressions: z
    .array(
      companion.extend({
        where: z.record(z.string(), scalar).describe('Only sessions with these properties of the user and the release.'),
      }),
    )
    .default([])
    .describe('Events for a share of some sessions, such as those of a release on a platform.'),
  per_user: z
    .array(companion.extend({ after_uses: z.number().int().min(1).default(1).describe('Minimum number of uses so far.') }))
    .default([])
    .describe('Events for a share of each week’s active users.'),
  samples: z
    .array(
      z.strictObject({
        event: eventName,
        day: z.number().min(0).describe('Days after launch.'),
        properties: z.record(z.string(), scalar).describe('Properties of the event.'),
      }),
    )
    .default([])
    .describe('Single events on given days, such as stars or coverage.'),
})

export type Scenario = z.output<typeof scenarioSchema>
export type PropertySpecs = Scenario['user']
export type Companion = Scenario['per_session'][number]

/** `simulation.yaml`. Null without the file. */
export const simulationSection = defineSection<typeof scenarioSchema, Scenario | null>({
  file: 'simulation.yaml',
  schema: scenarioSchema,
  build(file, { plan }) {
    if (!file) return { value: null }
    return { value: file.value ?? null, problems: plan ? referenceProblems(file, plan) : [] }
  },
})

function referenceProblems(file: YamlFile<unknown>, known: KnownPlan): readonly Problem[] {
  const lists = ['beside_use', 'per_session', 'regressions', 'per_user', 'samples'].flatMap(key =>
    file.entries(key, '*').map(([path]) => path),
  )
  const named = [['install'], ['use'], ...lists].flatMap(path => eventProblems(file, path, known))
  // References to properties outside their event.
  const properties = declarationsOf(known.plan)
  const elsewhere = [
    ...file.entries('user', '*').map(([path]) => [path, path.at(-1)] as const),
    ...file.entries('beside_use', '*', 'copy', '*'),
    ...[['install'], ['use'], ...lists].flatMap(path => file.entries(...path, 'properties', '*', 'by')),
  ]
  const unknown = elsewhere.flatMap(([path, name]) =>
    typeof name !== 'string' || properties.has(name) || known.unsure.has(name)
      ? []
      : [unknownWord(file, path, 'no event has the property', name, properties)],
  )
  return [...named, ...unknown]
}
