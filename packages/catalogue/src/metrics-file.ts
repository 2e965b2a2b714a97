import * as z from 'zod'
import { type Metric, UNITS } from './catalogue.ts'
import { nearest } from './nearest.ts'
import { isRecord, type Path, recordOf } from './plain-data.ts'
import type { Problem } from './problems.ts'
import { dateSchema } from './product-file.ts'
import { type DeclaredMetric, type KnownPlan, unknownWord } from './references.ts'
import { buildTargets, targetSchema } from './targets.ts'
import type { Filter, TrackingPlan } from './tracking-plan.ts'
import { filterMistake, whereSchema } from './where.ts'
import type { YamlFile } from './yaml-file.ts'

/** A mistake that a kind finds in its own fields; `path` is relative to the metric. */
export interface FieldProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly nearest?: string
}

/** What the reader of `metrics.yaml` needs to know of a kind of metric. The kinds themselves live in packages/metrics. */
export interface MetricKindSchema {
  readonly description: string
  /** The kind's own fields, beside those of every metric. */
  readonly fields: z.ZodRawShape
  /** The mistakes that show only against the tracking plan. `definition` is what the fields gave. */
  check(definition: unknown, plan: TrackingPlan): readonly FieldProblem[]
  /** The properties by which the metric can be broken down and filtered. */
  dimensions(definition: unknown, plan: TrackingPlan): readonly string[]
  /** The properties only filter; there is no breakdown. */
  readonly filtersOnly?: boolean
  /** Further names under `target.by`, such as the segments of users. */
  readonly targetDimensions?: readonly string[]
}

export type MetricKindSchemas = ReadonlyMap<string, MetricKindSchema>

const nameSchema = z.string().regex(/^[a-z][a-z0-9_]{0,59}$/, { error: 'a lower-case name of letters, digits and underscores' })

const commonFields = {
  title: z.string().min(1).describe('The name that people read.'),
  description: z.string().min(1).describe('What the value says, in one sentence.'),
  unit: z.enum(UNITS).describe('The unit of the value. A ratio is a fraction of 1.'),
  by: z.array(z.string()).default([]).describe('The breakdowns that are kept at hand by the live counters.'),
  where: whereSchema.default([]),
  level: z.enum(['north_star', 'kpi', 'supporting']).default('supporting').describe('The place in the hierarchy of metrics.'),
  indicator: z.enum(['leading', 'lagging']).optional().describe('Whether it foretells or confirms the north star.'),
  owner: z.string().optional().describe('Who answers for it.'),
  why: z.string().optional().describe('Why it matters.'),
  public: z.boolean().default(false).describe('Whether anyone may see it.'),
  target: targetSchema.optional(),
  goal: z
    .strictObject({ value: z.number().describe('The value to reach.'), date: dateSchema.describe('The day by which.') })
    .optional()
    .describe('A value to reach by a day.'),
} satisfies z.ZodRawShape

/** `metrics.yaml` before its kinds are known. */
export const metricsOutlineSchema = z.strictObject({ metrics: z.record(nameSchema, z.looseObject({ kind: z.string() })) })

export interface BuiltMetrics {
  /** Those without mistakes in their form. */
  readonly metrics: ReadonlyMap<string, Metric>
  readonly declared: ReadonlyMap<string, DeclaredMetric>
  readonly problems: readonly Problem[]
}

const metricSchema = (kind: string, fields: z.ZodRawShape) =>
  z.strictObject({ kind: z.literal(kind).describe('The kind of metric.'), ...commonFields, ...fields })

/** `metrics.yaml` with the kinds, for editors. */
export function metricsSchema(kinds: MetricKindSchemas): z.ZodType {
  const [first, ...others] = [...kinds].map(([name, kind]) => metricSchema(name, kind.fields).describe(kind.description))
  const one = first ? z.discriminatedUnion('kind', [first, ...others]) : z.looseObject({ kind: z.string() })
  return z
    .strictObject({ metrics: z.record(nameSchema, one).describe('The metrics by name.') })
    .describe('Every metric of the product, by name.')
}

/**
 * The file as definitions. Without `kinds`, a metric's own fields are taken as they stand; without `known`, what is of the tracking plan
 * is not checked. Undefined where the list of metrics cannot be read.
 */
export function buildMetrics(
  file: YamlFile<z.output<typeof metricsOutlineSchema>>,
  known: KnownPlan | undefined,
  kinds: MetricKindSchemas | undefined,
): BuiltMetrics | undefined {
  if (!isRecord(file.at(['metrics']))) return undefined
  const metrics = new Map<string, Metric>()
  const declared = new Map<string, DeclaredMetric>()
  const problems: Problem[] = []
  const stars: string[] = []
  for (const [path] of file.entries('metrics', '*')) {
    const name = String(path.at(-1))
    const read = readMetric(file, path, known, kinds)
    problems.push(...read.problems)
    declared.set(name, read.declared)
    if (read.metric) metrics.set(name, { name, ...read.metric })
    if (file.at([...path, 'level']) === 'north_star') stars.push(name)
  }
  for (const second of stars.slice(1)) {
    problems.push(file.problem(['metrics', second, 'level'], `there can be one north star, and ${stars[0]} is it already`))
  }
  return { metrics, declared, problems }
}

interface ReadMetric {
  readonly metric?: Omit<Metric, 'name'>
  readonly declared: DeclaredMetric
  readonly problems: readonly Problem[]
}

function readMetric(file: YamlFile<unknown>, path: Path, known: KnownPlan | undefined, kinds: MetricKindSchemas | undefined): ReadMetric {
  const raw = recordOf(file.at(path))
  // A metric that is no map, or has no kind, was complained of with the outline.
  if (typeof raw.kind !== 'string') return { declared: {}, problems: [] }
  const own = Object.keys(raw).filter(key => key !== 'kind' && !(key in commonFields))
  const problems: Problem[] = []
  let kind = kinds?.get(raw.kind)
  if (kinds && !kind) {
    const meant = nearest(raw.kind, kinds.keys())
    problems.push(unknownWord(file, [...path, 'kind'], 'unknown kind', raw.kind, kinds.keys()))
    kind = kinds.get(meant ?? '')
    if (meant === undefined || !kind || !hasFieldsOf(kind, own)) {
      return { declared: {}, problems: [...problems, ...file.check(path, raw, z.looseObject(commonFields)).problems] }
    }
    file.readAs([...path, 'kind'], meant)
  }
  const name = String(recordOf(file.at(path)).kind)
  const schema = metricSchema(name, kind?.fields ?? Object.fromEntries(own.map(key => [key, z.unknown()])))
  const checked = file.check(path, file.at(path), schema)
  problems.push(...checked.problems)
  if (known) problems.push(...namingProblems(file, path, kind, known))
  const target = recordOf(file.at([...path, 'target']))
  if (target.total !== undefined && target.weeks === undefined) {
    problems.push(file.problem([...path, 'target', 'total'], 'total is for the whole of the weeks: `weeks` is missing'))
  }
  const names = commonFields.by.safeParse(file.at([...path, 'by'])).data
  const declared = { kind: name, ...(names && { by: names }) }
  if (!checked.value) return { declared, problems }
  const { kind: _, title, description, unit, by, where, level, indicator, owner, why, public: shown, ...rest } = checked.value
  const { target: targets, goal, ...definition } = rest
  const metric = {
    title,
    description,
    unit,
    kind: name,
    by,
    where,
    definition,
    level,
    public: shown,
    ...(indicator && { indicator }),
    ...(owner && { owner }),
    ...(why && { why }),
    ...(targets && { targets: buildTargets(targets) }),
    ...(goal && { goal }),
  }
  return { metric, declared, problems }
}

/** Whether these are the fields of the kind: others tell that another kind was meant. */
function hasFieldsOf({ fields }: MetricKindSchema, own: readonly string[]): boolean {
  const needed = Object.entries(fields).flatMap(([key, field]) => (z.safeParse(field, undefined).success ? [] : [key]))
  return own.every(key => key in fields) && needed.every(key => own.includes(key))
}

/** Where a metric names what is not of the tracking plan. */
function namingProblems(
  file: YamlFile<unknown>,
  path: Path,
  kind: MetricKindSchema | undefined,
  { plan, unsure }: KnownPlan,
): readonly Problem[] {
  const problems: Problem[] = []
  const isUnsure = (at: readonly PropertyKey[]) => [file.at([...path, ...at]), at.at(-1)].some(word => unsure.has(String(word)))
  const check = (definition: unknown) => kind?.check(definition, plan).filter(mistake => !isUnsure(mistake.path)) ?? []
  const fields = z.object(kind?.fields ?? {})
  const told = new Set<string>()
  for (;;) {
    const definition = file.sound(path, fields)
    if (definition === undefined) return problems
    const mistakes = check(definition)
    const news = mistakes.filter(mistake => !told.has(mistake.path.join('.')))
    if (news.length === 0) {
      // Which names would do depends on the events.
      if (mistakes.length > 0) return problems
      return [...problems, ...dimensionProblems(file, path, kind, kind?.dimensions(definition, plan), { plan, unsure })]
    }
    // A misspelt name hides mistakes and makes others: it is read on with the one that was meant.
    const misspelt = news.filter(mistake => mistake.nearest !== undefined)
    for (const { path: at, message, nearest: near } of misspelt.length > 0 ? misspelt : news) {
      told.add(at.join('.'))
      problems.push(file.problem([...path, ...at], message, near))
      if (near !== undefined) file.readAs([...path, ...at], near)
    }
  }
}

/** @param dimensions the properties by which the metric can be broken down and filtered; whatever it names itself where absent */
function dimensionProblems(
  file: YamlFile<unknown>,
  path: Path,
  kind: MetricKindSchema | undefined,
  dimensions: readonly string[] | undefined,
  { plan, unsure }: KnownPlan,
): readonly Problem[] {
  const problems: Problem[] = []
  const named = (at: Path, property: string, valid: readonly string[]) => {
    if (valid.includes(property)) return
    problems.push(unknownWord(file, at, 'cannot be broken down by', property, valid))
    const near = nearest(property, valid)
    if (near !== undefined) file.readAs(at, near)
  }
  const kept = () => file.entries(...path, 'by', '*').filter((entry): entry is readonly [Path, string] => typeof entry[1] === 'string')
  for (const [at, property] of kept()) if (dimensions) named(at, property, kind?.filtersOnly ? [] : dimensions)
  const where = file.sound([...path, 'where'], commonFields.where) ?? []
  for (const mistake of whereProblems(where, dimensions ?? where.map(filter => filter.property), plan)) {
    if (!unsure.has(String(mistake.path[0])))
      problems.push(file.problem([...path, 'where', ...mistake.path], mistake.message, mistake.nearest))
  }
  if (!kind) return problems
  const valid = [...kept().map(([, property]) => property), ...(kind.targetDimensions ?? [])]
  for (const [at] of file.entries(...path, 'target', 'by', '*')) named(at, String(at.at(-1)), valid)
  return problems
}

/** The mistakes of conditions on properties, each at the property's name. */
export function whereProblems(where: readonly Filter[], valid: readonly string[], plan: TrackingPlan): readonly FieldProblem[] {
  return where.flatMap((filter): FieldProblem[] => {
    if (!valid.includes(filter.property)) {
      const near = nearest(filter.property, valid)
      return [
        { path: [filter.property], message: `unknown property "${filter.property}", expected one of ${valid.join(', ')}`, nearest: near },
      ]
    }
    const declared = [...plan.events.values()].flatMap(kind => kind.properties.get(filter.property) ?? [])
    const mistakes = declared.map(property => filterMistake(filter, property))
    // One declaration that fits is enough: the same property may have other values in another event.
    const mistake = mistakes.every(m => m !== undefined) ? mistakes[0] : undefined
    if (!mistake) return []
    return [{ path: [filter.property], message: mistake.message, nearest: nearest(String(filter.values[0]), mistake.valid) }]
  })
}
