import * as z from 'zod'
import { type Metric, UNITS } from './catalogue.ts'
import { nearest } from './nearest.ts'
import type { Problem } from './problems.ts'
import { dateSchema } from './product-file.ts'
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
  goal: z.strictObject({ value: z.number(), date: dateSchema }).optional().describe('A value to reach by a day.'),
} satisfies z.ZodRawShape

/** `metrics.yaml` before its kinds are known. */
export const metricsOutlineSchema = z.strictObject({ metrics: z.record(nameSchema, z.looseObject({ kind: z.string() })) })

const metricSchema = (kind: string, fields: z.ZodRawShape) =>
  z.strictObject({ kind: z.literal(kind).describe('The kind of metric.'), ...commonFields, ...fields })

/** `metrics.yaml` with the kinds, for editors. */
export function metricsSchema(kinds: MetricKindSchemas): z.ZodType {
  const [first, ...others] = [...kinds].map(([name, kind]) => metricSchema(name, kind.fields).describe(kind.description))
  const one = first ? z.discriminatedUnion('kind', [first, ...others]) : z.looseObject({ kind: z.string() })
  return z.strictObject({ metrics: z.record(nameSchema, one) }).describe('Every metric of the product, by name.')
}

/** The checked file as definitions. Without `kinds`, a metric's own fields are taken as they stand. */
export function buildMetrics(
  file: YamlFile<z.output<typeof metricsOutlineSchema>>,
  plan: TrackingPlan,
  kinds: MetricKindSchemas | undefined,
): { metrics: ReadonlyMap<string, Metric>; problems: readonly Problem[] } {
  const metrics = new Map<string, Metric>()
  const problems: Problem[] = []
  for (const [name, raw] of Object.entries(file.value?.metrics ?? {})) {
    const path = ['metrics', name]
    const kind = kinds?.get(raw.kind)
    if (kinds && !kind) {
      const valid = [...kinds.keys()]
      problems.push(
        file.problem([...path, 'kind'], `unknown kind "${raw.kind}", expected one of ${valid.join(', ')}`, nearest(raw.kind, valid)),
      )
      continue
    }
    const own = Object.keys(raw).filter(key => key !== 'kind' && !(key in commonFields))
    const schema = metricSchema(raw.kind, kind?.fields ?? Object.fromEntries(own.map(key => [key, z.unknown()])))
    const checked = file.check(path, raw, schema)
    problems.push(...checked.problems)
    if (!checked.value) continue
    const given = checked.value
    const { kind: _, title, description, unit, by, where, level, indicator, owner, why, public: shown, target, goal, ...definition } = given
    const dimensions = kind ? kind.dimensions(definition, plan) : [...by, ...where.map(f => f.property)]
    const mistakes = kind ? kind.check(definition, plan) : []
    problems.push(...mistakes.map(m => file.problem([...path, ...m.path], m.message, m.nearest)))
    if (mistakes.length === 0) {
      const breakdowns = kind?.filtersOnly ? [] : dimensions
      by.forEach((property, i) => {
        if (!breakdowns.includes(property)) problems.push(file.problem([...path, 'by', i], ...notADimension(property, breakdowns)))
      })
      problems.push(...whereProblems(where, dimensions, plan).map(m => file.problem([...path, 'where', ...m.path], m.message, m.nearest)))
      for (const property of Object.keys(target?.by ?? {})) {
        const valid = [...by, ...(kind?.targetDimensions ?? [])]
        if (kind && !valid.includes(property))
          problems.push(file.problem([...path, 'target', 'by', property], ...notADimension(property, valid)))
      }
    }
    if (target?.total !== undefined && target.weeks === undefined) {
      problems.push(file.problem([...path, 'target', 'total'], 'total is for the whole of the weeks: `weeks` is missing'))
    }
    metrics.set(name, {
      name,
      title,
      description,
      unit,
      kind: raw.kind,
      by,
      where,
      definition,
      level,
      public: shown,
      ...(indicator && { indicator }),
      ...(owner && { owner }),
      ...(why && { why }),
      ...(target && { targets: buildTargets(target) }),
      ...(goal && { goal }),
    })
  }
  const stars = [...metrics.values()].filter(metric => metric.level === 'north_star')
  for (const second of stars.slice(1)) {
    problems.push(file.problem(['metrics', second.name, 'level'], `there can be one north star, and ${stars[0]?.name} is it already`))
  }
  return { metrics, problems }
}

const notADimension = (property: string, valid: readonly string[]): [string, string | undefined] => [
  `cannot be broken down by "${property}", expected ${valid.length > 0 ? `one of ${valid.join(', ')}` : 'nothing here'}`,
  nearest(property, valid),
]

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
