import {
  type Built,
  defineSection,
  type Env,
  fillEntries,
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
  /** All collectors, with their variables as they are written. */
  readonly declared: ReadonlyMap<string, Collector>
  /** The collectors whose variables have values. */
  readonly active: ReadonlyMap<string, Collector>
  /** The others, with their missing variables. */
  readonly off: ReadonlyMap<string, { readonly type: string; readonly missing: readonly string[] }>
}

const collectorsSchema = z
  .strictObject({
    heartbeat: z.string().optional().describe('An event with the property `collector` that is sent after each complete run.'),
    collectors: z
      .record(z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, 'a name has lower-case letters, digits, _ and -'), collectorSchema)
      .describe(
        'The collectors by name. The name is part of the identity of the sent events: renaming a collector collects everything again.',
      ),
  })
  .describe('Collectors of figures from other services. ${NAME} is read from the environment.')

/** The section `collectors.yaml`. Without the file nothing is collected. */
export const collectorsSection = defineSection<typeof collectorsSchema, Collectors>({
  file: 'collectors.yaml',
  schema: collectorsSchema,
  build(file, { plan, env }) {
    if (!file) return { value: { declared: new Map(), active: new Map(), off: new Map() } }
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

/** The configuration with its defaults; undefined if it has mistakes, which the schema reports. */
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
  if (!kind) return [unknownWord(file, at, 'the tracking plan has no event', sent.event, plan.events)]
  const missing = sent.properties.filter(name => !kind.properties.has(name) && !unsure.has(name))
  return [
    ...missing.map(name => file.problem(at, `the collector sends the property ${name}, which ${sent.event} does not declare`)),
    ...(kind.user === 'required' ? [file.problem(at, `${sent.event} requires a user, but samples have none: declare user: optional`)] : []),
  ]
}

function withSecrets(file: YamlFile<unknown>, { heartbeat, collectors }: z.output<typeof collectorsSchema>, env: Env): Built<Collectors> {
  const { active, off, warnings } = fillEntries(file, 'collectors', 'collector', collectors, env)
  return { value: { heartbeat, declared: new Map(Object.entries(collectors)), active: new Map(active), off: new Map(off) }, warnings }
}
