import {
  type Built,
  defineSection,
  type Env,
  fillSecrets,
  type KnownPlan,
  type Problem,
  unknownWord,
  type YamlFile,
} from '@northstar/catalogue'
import * as z from 'zod'
import type { CollectorConfig, SentEvent } from './collector.ts'
import { collectorSchema, collectorTypes, definitionOf } from './registry.ts'

export type Collector = z.output<typeof collectorSchema>

/** `collectors.yaml`. */
export interface Collectors {
  /** The event that is sent after each complete run, with the collector's name: its age is a metric that rules can watch. */
  readonly heartbeat?: string
  /** The collectors whose variables have values. */
  readonly active: ReadonlyMap<string, Collector>
  /** The others, with the variables that they lack. */
  readonly off: ReadonlyMap<string, { readonly type: string; readonly missing: readonly string[] }>
}

const collectorsSchema = z
  .strictObject({
    heartbeat: z.string().optional().describe('An event with the property `collector` that is sent after each complete run.'),
    collectors: z
      .record(z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, 'a name has lower-case letters, digits, _ and -'), collectorSchema)
      .describe('The collectors by name. A name is part of the identity of all that it has sent: renaming it collects everything again.'),
  })
  .describe('Figures that are collected from outside. ${NAME} is read from the environment.')

/** `collectors.yaml`. Without the file nothing is collected. */
export const collectorsSection = defineSection<typeof collectorsSchema, Collectors>({
  file: 'collectors.yaml',
  schema: collectorsSchema,
  build(file, { plan, env }) {
    if (!file) return { value: { active: new Map(), off: new Map() } }
    const problems = plan ? planProblems(file, plan) : []
    return file.value ? { problems, ...withSecrets(file, file.value, env) } : { problems }
  },
})

function planProblems(file: YamlFile<z.output<typeof collectorsSchema>>, plan: KnownPlan): readonly Problem[] {
  const heartbeat = file.at(['heartbeat'])
  return [
    ...(typeof heartbeat === 'string'
      ? sentProblems(file, [], { field: ['heartbeat'], event: heartbeat, properties: ['collector'] }, plan)
      : []),
    ...file.entries('collectors', '*').flatMap(([path, given]) => {
      const config = typeFields(given)
      return config
        ? definitionOf(config)
            .sends(config)
            .flatMap(sent => sentProblems(file, path, sent, plan))
        : []
    }),
  ]
}

/** The configuration with its defaults; undefined while it has mistakes, which the schema reports. */
function typeFields(given: unknown): CollectorConfig | undefined {
  const parsed = collectorSchema.safeParse(given)
  return parsed.success && collectorTypes.has(parsed.data.type) ? parsed.data : undefined
}

function sentProblems(
  file: YamlFile<unknown>,
  path: readonly PropertyKey[],
  sent: SentEvent,
  { plan, unsure }: KnownPlan,
): readonly Problem[] {
  const at = [...path, ...sent.field]
  const kind = plan.events.get(sent.event)
  if (!kind) return [unknownWord(file, at, 'the tracking plan has no event', sent.event, plan.events.keys())]
  const missing = sent.properties.filter(name => !kind.properties.has(name) && !unsure.has(name))
  return [
    ...missing.map(name => file.problem(at, `the collector sends the property ${name}, which ${sent.event} does not declare`)),
    ...(kind.user === 'required' ? [file.problem(at, `${sent.event} needs a user, and samples have none: declare user: optional`)] : []),
  ]
}

/** A collector with a variable that has no value is off, with a warning. */
function withSecrets(file: YamlFile<unknown>, given: z.output<typeof collectorsSchema>, env: Env): Built<Collectors> {
  const filled = Object.entries(given.collectors).map(([name, config]) => ({ name, ...fillSecrets(config, env) }))
  const lacking = filled.filter(({ missing }) => missing.length > 0)
  return {
    value: {
      heartbeat: given.heartbeat,
      active: new Map(filled.filter(({ missing }) => missing.length === 0).map(({ name, value }) => [name, value])),
      off: new Map(lacking.map(({ name, value: { type }, missing }) => [name, { type, missing }])),
    },
    warnings: lacking.map(({ name, missing }) =>
      file.problem(
        ['collectors', name],
        `the collector ${name} is off: ${missing.join(', ')} ${missing.length > 1 ? 'have' : 'has'} no value`,
      ),
    ),
  }
}
