import {
  DAY_MS,
  type Declaration,
  dateSchema,
  declarationsOf,
  defineSection,
  type KnownPlan,
  nearest,
  type Path,
  type Problem,
  parseInstant,
  unknownWord,
  type YamlFile,
} from '@northstar/catalogue'
import * as z from 'zod'
import { type DeclaredMetric, METRICS, METRICS_FILE, measureProblems } from '../metric-references.ts'
import { semanticVersion } from './order.ts'

export const STAGES = ['internal', 'canary', 'beta', 'partial', 'full', 'withdrawn'] as const

const date = z.union([
  dateSchema,
  z.iso.datetime({ offset: true, error: 'expected a date as YYYY-MM-DD or a time as YYYY-MM-DDThh:mm:ss+00:00' }),
])

const release = z.strictObject({
  version: z.string().min(1).max(256).describe('The value of the property that names a release.'),
  date: date.optional().describe('The day or time of its release, from which its age is counted. Default: its first event.'),
  stage: z.enum(STAGES).default('full').describe('How far it is rolled out.'),
  share: z.number().min(0).max(1).optional().describe('The share of the roll-out, a fraction of 1.'),
  notes: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The address of its release notes.'),
})

const gateCheck = z.union([
  z.strictObject({
    no_firing: z
      .array(z.enum(['P0', 'P1', 'P2', 'P3']))
      .min(1)
      .describe('No alert of these severities may fire.'),
  }),
  z.strictObject({
    not_worse: z.string().describe('A metric that must not be worse than that of the release before at the same age.'),
    by: z.string().optional().describe('Compare each value of this property too.'),
  }),
  z.strictObject({
    metric: z.string().describe('A metric of the last 24 hours.'),
    where: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
      .default({})
      .describe('Only events with this value of a property.'),
    of_release: z.boolean().default(false).describe('Measure the release since it came out, instead of all events.'),
    at_most: z.number().optional().describe('The highest value that passes.'),
    at_least: z.number().optional().describe('The lowest value that passes.'),
  }),
])

const schema = z
  .strictObject({
    property: z.string().default('version').describe('The property that names an event’s release.'),
    by: z.array(z.string()).max(3).default([]).describe('Properties by whose values releases are compared, in addition to the whole.'),
    crashes: z
      .strictObject({
        event: z.string().describe('The event kind of a crash.'),
        stack: z.string().optional().describe('Its property with the stack: crashes are grouped by it.'),
      })
      .optional()
      .describe('The event of a crash, for crash-free sessions and users and for groups of crashes.'),
    releases: z.array(release).default([]).describe('Releases; others are found by their first event.'),
    gate: z.array(gateCheck).default([]).describe('The conditions of `northstar gate`: all of them must hold.'),
  })
  .describe('The product’s releases, and the conditions of their gate.')

export type DeclaredRelease = z.output<typeof release>
export type GateCheck = z.output<typeof gateCheck>
export type ReleasesFile = z.output<typeof schema>

/** The values of a product without `releases.yaml`. */
export const NO_RELEASES: ReleasesFile = schema.parse({})

/** The values of `releases.yaml`, for sections that refer to releases. */
export const RELEASES: Declaration<ReleasesFile> = { name: 'releases' }

/** `releases.yaml`. Without the file releases are found by their events. */
export const releasesSection = defineSection<typeof schema, ReleasesFile>({
  file: 'releases.yaml',
  schema,
  build(file, context) {
    context.declare(RELEASES, file?.value ?? NO_RELEASES)
    if (!file) return { value: NO_RELEASES }
    const metrics = context.declared(METRICS)
    const problems = [
      ...repeatedVersions(file),
      ...(context.plan ? planProblems(file, context.plan) : []),
      ...(metrics ? gateProblems(file, metrics) : []),
    ]
    return { ...(file.value && { value: file.value }), problems, warnings: doubtfulReleases(file, context.now) }
  },
})

function repeatedVersions(file: YamlFile<unknown>): readonly Problem[] {
  const seen = new Set<unknown>()
  return file.entries('releases', '*', 'version').flatMap(([path, version]) => {
    const repeated = seen.has(version)
    seen.add(version)
    return repeated ? [file.problem(path, `release ${JSON.stringify(version)} is declared twice`)] : []
  })
}

/** A date is later by this much at most in any zone. */
const ZONES_MS = DAY_MS

/** Releases of the future, which have no figures yet, and versions that cannot be put in order. */
function doubtfulReleases(file: YamlFile<unknown>, now: number): readonly Problem[] {
  const dated = file.entries('releases', '*', 'date').flatMap(([path, given]) => {
    const at = Date.parse(String(given))
    return at - ZONES_MS > now
      ? [file.problem(path, `the date ${String(given)} is in the future: the release has no age and no figures until then`)]
      : []
  })
  const unordered = file.entries('releases', '*', 'version').flatMap(([path, version]) => {
    if (typeof version !== 'string' || semanticVersion(version)) return []
    return [
      file.problem(
        path,
        `"${version.slice(0, 80)}" is not a semantic version such as 1.10.0: it is listed after all others and has no release before it`,
      ),
    ]
  })
  return [...dated, ...unordered]
}

/** The mistakes of names that the tracking plan does not declare. */
function planProblems(file: YamlFile<unknown>, { plan, unsure }: KnownPlan): readonly Problem[] {
  const names = declarationsOf(plan)
  const named = (path: Path, name: unknown, valid: ReadonlyMap<string, unknown>, what: string) =>
    typeof name !== 'string' || valid.has(name) || unsure.has(name) ? [] : [unknownWord(file, path, what, name, valid)]
  const event = file.at(['crashes', 'event'])
  const kind = plan.events.get(String(event)) ?? plan.events.get(nearest(String(event), plan.events.keys()) ?? '')
  return [
    ...named(['property'], file.at(['property']), names, 'unknown property'),
    ...file.entries('by', '*').flatMap(([path, name]) => named(path, name, names, 'unknown property')),
    ...file.entries('gate', '*', 'by').flatMap(([path, name]) => named(path, name, names, 'unknown property')),
    ...named(['crashes', 'event'], event, plan.events, 'unknown event'),
    ...named(['crashes', 'stack'], file.at(['crashes', 'stack']), kind?.properties ?? names, 'unknown property'),
  ]
}

function gateProblems(file: YamlFile<unknown>, metrics: ReadonlyMap<string, DeclaredMetric>): readonly Problem[] {
  return file.entries('gate', '*').flatMap(([path]) => {
    const worse = file.at([...path, 'not_worse'])
    if (typeof worse === 'string')
      return metrics.has(worse) ? [] : [unknownWord(file, [...path, 'not_worse'], 'unknown metric', worse, metrics, METRICS_FILE)]
    const isMetric = typeof file.at([...path, 'metric']) === 'string'
    const hasLimit = ['at_most', 'at_least'].some(limit => file.at([...path, limit]) !== undefined)
    return [
      ...measureProblems(file, path, metrics),
      ...(isMetric && !hasLimit ? [file.problem(path, 'the limit is missing: `at_most` or `at_least`')] : []),
    ]
  })
}

/** The declared date of a release, epoch ms; null without one. */
export const declaredDate = ({ date: text }: DeclaredRelease, timezone: string): number | null =>
  text === undefined ? null : parseInstant(text, timezone)
