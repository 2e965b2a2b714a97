import {
  dateSchema,
  defineSection,
  isRecord,
  type KnownPlan,
  nearest,
  type Path,
  type Problem,
  recordOf,
  unknownWord,
  whereProblems,
  whereSchema,
  type YamlFile,
} from '@northstar/catalogue'
import * as z from 'zod'
import type { MetricKind } from './kind.ts'
import { type Metric, UNITS } from './metric.ts'
import { type DeclaredMetric, METRICS, METRICS_FILE } from './metric-references.ts'
import { metricKinds } from './registry.ts'
import { buildTargets, targetSchema } from './targets.ts'

const nameSchema = z.string().regex(/^[a-z][a-z0-9_]{0,59}$/, { error: 'a lower-case name of letters, digits and underscores' })

const commonFields = {
  title: z.string().min(1).describe('The name that people read.'),
  description: z.string().min(1).describe('The meaning of the value, in one sentence.'),
  unit: z.enum(UNITS).describe('The unit of the value. A ratio is a fraction of 1.'),
  by: z.array(z.string()).default([]).describe('The breakdowns that the live counters hold.'),
  where: whereSchema.default([]),
  level: z.enum(['north_star', 'kpi', 'supporting']).default('supporting').describe('The place in the hierarchy of metrics.'),
  indicator: z.enum(['leading', 'lagging']).optional().describe('Whether it foretells or confirms the north star.'),
  owner: z.string().optional().describe('The responsible person or team.'),
  why: z.string().optional().describe('Why it matters.'),
  public: z.boolean().default(false).describe('Whether the public page shows it.'),
  target: targetSchema.optional(),
  goal: z
    .strictObject({ value: z.number().describe('The value to reach.'), date: dateSchema.describe('The day by which.') })
    .optional()
    .describe('A value to reach by a day.'),
} satisfies z.ZodRawShape

/** `metrics.yaml` before its kinds are known. */
const outline = z.strictObject({ metrics: z.record(nameSchema, z.looseObject({ kind: z.string() })) })

const metricSchema = (name: string, fields: z.ZodRawShape) =>
  z.strictObject({ kind: z.literal(name).describe('The kind of metric.'), ...commonFields, ...fields })

/** The schemas of each kind: those of a metric, and of the kind's own fields. */
const schemas = new Map(
  [...metricKinds].map(([name, { fields }]) => [name, { metric: metricSchema(name, fields), own: z.object(fields) }] as const),
)
const ofUnknownKind = z.looseObject(commonFields)

/** `metrics.yaml` with the fields of every kind, for editors. */
function editorSchema(): z.ZodType {
  const [first, ...others] = [...metricKinds].map(([name, kind]) => metricSchema(name, kind.fields).describe(kind.description))
  return z
    .strictObject({
      metrics: z.record(nameSchema, first ? z.discriminatedUnion('kind', [first, ...others]) : z.never()).describe('The metrics by name.'),
    })
    .describe('Every metric of the product, by name.')
}

/** `metrics.yaml`: every metric by name. Without the file there are none. */
export const metricsSection = defineSection<typeof outline, ReadonlyMap<string, Metric>>({
  file: METRICS_FILE,
  schema: outline,
  editorSchema: editorSchema(),
  build(file, context) {
    if (file && !isRecord(file.at(['metrics']))) return {}
    const read = file?.entries('metrics', '*').map(([path]) => readMetric(file, path, context.plan)) ?? []
    context.declare(METRICS, new Map(read.map(({ name, declared }) => [name, declared])))
    return {
      value: new Map(read.flatMap(({ name, declared: { metric } }) => (metric ? [[name, metric] as const] : []))),
      problems: [...read.flatMap(({ problems }) => problems), ...(file ? secondNorthStars(file) : [])],
    }
  },
})

function secondNorthStars(file: YamlFile<unknown>): readonly Problem[] {
  const [first, ...others] = file.entries('metrics', '*', 'level').filter(([, level]) => level === 'north_star')
  return others.map(([path]) => file.problem(path, `there can be only one north star: ${String(first?.[0][1])} has this level already`))
}

interface ReadMetric {
  readonly name: string
  readonly declared: DeclaredMetric
  readonly problems: readonly Problem[]
}

/** Reads one metric and checks it against its kind and, if the tracking plan could be read, against the plan. */
function readMetric(file: YamlFile<unknown>, path: Path, known: KnownPlan | undefined): ReadMetric {
  const name = String(path.at(-1))
  const raw = recordOf(file.at(path))
  // The outline reports a metric that is not a map or has no kind.
  if (typeof raw.kind !== 'string') return { name, declared: {}, problems: [] }
  const problems: Problem[] = []
  let kind = metricKinds.get(raw.kind)
  if (!kind) {
    const own = Object.keys(raw).filter(key => key !== 'kind' && !(key in commonFields))
    const meant = nearest(raw.kind, metricKinds.keys())
    problems.push(unknownWord(file, [...path, 'kind'], 'unknown kind', raw.kind, metricKinds))
    kind = metricKinds.get(meant ?? '')
    if (meant === undefined || !kind || !hasFieldsOf(kind, own)) {
      return { name, declared: {}, problems: [...problems, ...file.check(path, raw, ofUnknownKind).problems] }
    }
    file.correct([...path, 'kind'], meant)
  }
  const kindName = String(recordOf(file.at(path)).kind)
  const schema = schemas.get(kindName)
  if (!schema) throw new Error(`the kind ${kindName} has no schema`)
  const checked = file.check(path, file.at(path), schema.metric)
  problems.push(...checked.problems)
  if (known) problems.push(...namingProblems(file, path, { kind, own: schema.own }, known))
  const unit = commonFields.unit.safeParse(file.at([...path, 'unit'])).data
  if (unit && kind.units && !kind.units.includes(unit)) {
    problems.push(file.problem([...path, 'unit'], `a metric of kind ${kindName} is never in ${unit}, expected ${kind.units.join(' or ')}`))
  }
  const target = recordOf(file.at([...path, 'target']))
  if (target.total !== undefined && target.weeks === undefined) {
    problems.push(file.problem([...path, 'target', 'total'], 'total is for the whole of the weeks: `weeks` is missing'))
  }
  const names = commonFields.by.safeParse(file.at([...path, 'by'])).data
  const metric = checked.value && toMetric(name, checked.value)
  return { name, declared: { kind, ...(names && { by: names }), ...(metric && { metric }) }, problems }
}

function toMetric(name: string, given: z.output<ReturnType<typeof metricSchema>>): Metric {
  const { kind, title, description, unit, by, where, level, indicator, owner, why, public: isPublic, target, goal, ...definition } = given
  return {
    name,
    title,
    description,
    unit,
    kind,
    by,
    where,
    definition,
    level,
    public: isPublic,
    ...(indicator && { indicator }),
    ...(owner && { owner }),
    ...(why && { why }),
    ...(target && { targets: buildTargets(target) }),
    ...(goal && { goal }),
  }
}

/** Whether these are the fields of the kind. Other fields mean that another kind was intended. */
function hasFieldsOf({ fields }: MetricKind, own: readonly string[]): boolean {
  const needed = Object.entries(fields).flatMap(([key, field]) => (z.safeParse(field, undefined).success ? [] : [key]))
  return own.every(key => key in fields) && needed.every(key => own.includes(key))
}

/** The mistakes of a metric's names that the tracking plan does not declare. */
function namingProblems(
  file: YamlFile<unknown>,
  path: Path,
  { kind, own }: { readonly kind: MetricKind; readonly own: z.ZodObject },
  { plan, unsure }: KnownPlan,
): readonly Problem[] {
  const problems: Problem[] = []
  const isUnsure = (at: readonly PropertyKey[]) => [file.at([...path, ...at]), at.at(-1)].some(word => unsure.has(String(word)))
  const check = (definition: unknown) => kind.check(definition, plan).filter(mistake => !isUnsure(mistake.path))
  const reported = new Set<string>()
  for (;;) {
    const definition = file.validPart(path, own)
    if (definition === undefined) return problems
    const mistakes = check(definition)
    const news = mistakes.filter(mistake => !reported.has(mistake.path.join('.')))
    if (news.length === 0) {
      // Valid names depend on the events.
      if (mistakes.length > 0) return problems
      return [...problems, ...dimensionProblems(file, path, kind, kind.dimensions(definition, plan), { plan, unsure })]
    }
    // A misspelt name hides mistakes and makes others, so the check continues with the nearest valid one.
    const misspelt = news.filter(mistake => mistake.nearest !== undefined)
    for (const { path: at, message, nearest: near } of misspelt.length > 0 ? misspelt : news) {
      reported.add(at.join('.'))
      problems.push(file.problem([...path, ...at], message, near))
      if (near !== undefined) file.correct([...path, ...at], near)
    }
  }
}

function dimensionProblems(
  file: YamlFile<unknown>,
  path: Path,
  kind: MetricKind,
  dimensions: readonly string[],
  { plan, unsure }: KnownPlan,
): readonly Problem[] {
  const problems: Problem[] = []
  const named = (at: Path, property: string, valid: readonly string[]) => {
    if (valid.includes(property)) return
    problems.push(unknownWord(file, at, 'cannot be broken down by', property, valid))
    const near = nearest(property, valid)
    if (near !== undefined) file.correct(at, near)
  }
  const kept = () => file.entries(...path, 'by', '*').filter((entry): entry is readonly [Path, string] => typeof entry[1] === 'string')
  for (const [at, property] of kept()) named(at, property, kind.filtersOnly ? [] : dimensions)
  const where = file.validPart([...path, 'where'], commonFields.where) ?? []
  for (const mistake of whereProblems(where, dimensions, plan)) {
    if (!unsure.has(String(mistake.path[0])))
      problems.push(file.problem([...path, 'where', ...mistake.path], mistake.message, mistake.nearest))
  }
  const valid = [...kept().map(([, property]) => property), ...(kind.targetDimensions ?? [])]
  for (const [at] of file.entries(...path, 'target', 'by', '*')) named(at, String(at.at(-1)), valid)
  return problems
}
