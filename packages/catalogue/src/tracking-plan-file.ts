import * as z from 'zod'
import { duration } from './duration.ts'
import { EVENT_FIELDS, RESERVED_NAMES } from './envelope.ts'
import { isRecord, type Path, recordOf } from './plain-data.ts'
import type { Problem } from './problems.ts'
import { type KnownPlan, unknownWord } from './references.ts'
import { DAY_MS } from './time.ts'
import { type Column, type EventKind, ON_VIOLATION, type Property } from './tracking-plan.ts'
import type { YamlFile } from './yaml-file.ts'

const nameSchema = z.string().regex(/^[a-z][a-z0-9_]{0,59}$/, { error: 'a lower-case name of letters, digits and underscores' })

const propertySchema = z
  .strictObject({
    type: z
      .enum(['string', 'integer', 'number', 'boolean'])
      .describe('The type of the values. A property has the same type in all events.'),
    required: z.boolean().default(false).describe('Whether an event without it is rejected.'),
    description: z.string().default('').describe('Meaning of the property, for people.'),
    title: z.string().min(1).optional().describe('Display name. Default: the name with spaces.'),
    titles: z
      .record(z.string().min(1), z.string().min(1))
      .optional()
      .describe('Display names of values (strings): {macos: macOS}. Default: the value with spaces.'),
    privacy: z
      .enum(['public', 'internal', 'sensitive'])
      .default('internal')
      .describe(
        'public: may be shown to anyone; internal: to the team; sensitive: in no breakdown and no view; in SQL and the log only for callers with the right sensitive.',
      ),
    values: z.array(z.string().min(1)).min(1).optional().describe('The only values allowed (strings).'),
    min: z.number().optional().describe('The least number allowed.'),
    max: z.number().optional().describe('The greatest number allowed.'),
    max_length: z.number().min(1).max(65_536).optional().describe('The longest string allowed, in characters. Default 256.'),
    personal_data: z
      .enum(['refuse', 'scrub', 'hash'])
      .optional()
      .describe(
        'Treatment of personal data in a free text. refuse (default): the event is refused; scrub: each part is replaced by its kind; hash: a keyed hash of the value is stored.',
      ),
    few_values: z
      .boolean()
      .optional()
      .describe('Whether a string has few different values, such as category names, and is stored in a dictionary.'),
  })
  .describe('A property of an event.')

const onViolation = z
  .enum(ON_VIOLATION)
  .optional()
  .describe(
    'Treatment of events that violate the plan. reject: refused; quarantine: kept apart with the reason and not counted; accept: stored without the violating properties, and flagged. A write key may override it.',
  )

const eventFields = {
  on_violation: onViolation,
  description: z.string().min(1).describe('When the event is sent.'),
  view: z
    .string()
    .regex(/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/, { error: 'expected database.view in lower case' })
    .optional()
    .describe('The view that analysts query. Default: analytics.<event>.'),
  view_columns: z
    .record(
      nameSchema,
      z.union([z.string().min(1), z.strictObject({ value: z.union([z.string(), z.number(), z.boolean()]).describe('A constant.') })]),
    )
    .default({})
    .describe('Further columns of the view by name: a property, or {value: …} for a constant.'),
  user: z
    .enum(['required', 'optional'])
    .default('required')
    .describe('Whether an event without user_id is rejected. Collected samples have no user.'),
  retention: duration
    .optional()
    .describe(
      'How long the warehouse keeps its events, in whole days from 36d on (live counters reach back 35 days). Default, and at most: NORTHSTAR_RETENTION_DAYS.',
    ),
} satisfies z.ZodRawShape

const eventSchema = z.strictObject({
  ...eventFields,
  properties: z.record(nameSchema, propertySchema).default({}).describe('Properties of the event in addition to the common ones.'),
})

/** Fields of an event that can be read even if required ones are missing. */
const eventHead = z.object({ ...eventFields, description: eventFields.description.catch('') })

/** `tracking-plan.yaml`. */
export const trackingPlanSchema = z
  .strictObject({
    on_violation: onViolation.describe('The default of all events, and of events that the plan does not have. Default reject.'),
    common: z.record(nameSchema, propertySchema).default({}).describe('Properties that every event may carry.'),
    events: z.record(nameSchema, eventSchema).describe('The events by name, each with its own properties.'),
  })
  .describe('Every event and property that may be sent. Anything else is rejected, unless on_violation says otherwise.')

type PlanFile = z.output<typeof trackingPlanSchema>

/** Columns that every event's view has. */
const VIEW_COLUMNS: ReadonlySet<string> = new Set(EVENT_FIELDS)

export interface BuiltPlan extends KnownPlan {
  readonly problems: readonly Problem[]
}

/**
 * Builds the plan from its file, with the mistakes that only show across entries. Entries with mistakes are declared nevertheless, so that
 * references to them are not reported as well. Undefined if lists of names cannot be read.
 * @param maxRetentionDays days after which the warehouse deletes any event
 */
export function buildTrackingPlan(file: YamlFile<PlanFile>, maxRetentionDays: number): BuiltPlan | undefined {
  const listed = file.entries('events', '*').map(([, event]) => event)
  const lists = [file.at(['common']), ...listed.map(event => recordOf(event).properties)].filter(list => list !== undefined)
  if (![file.at(['events']), ...listed, ...lists].every(isRecord)) return undefined
  const problems: Problem[] = []
  const columns = new Map<string, Column>()
  const unsure = new Set<string>()
  const read = (path: Path, name: string): Property => {
    if (RESERVED_NAMES.has(name))
      problems.push(file.problem(path, `"${name}" is a field or column of every event and cannot be a property`))
    const raw = file.validPart(path, propertySchema)
    if (!raw) {
      unsure.add(name)
      return { name, type: 'string', required: false, description: '', privacy: 'internal' }
    }
    problems.push(...misplacedLimits(file, path, name, raw))
    const known = columns.get(name)
    if (known && known.type !== raw.type) {
      problems.push(
        file.problem(
          [...path, 'type'],
          `${name} is ${raw.type} here but ${known.type} in another event; the warehouse has one column for both, so use one type or two names`,
        ),
      )
    }
    const lowCardinality = raw.type === 'string' && (raw.few_values ?? raw.values !== undefined)
    columns.set(name, { name, type: raw.type, lowCardinality: lowCardinality && (known?.lowCardinality ?? true) })
    return {
      name,
      type: raw.type,
      required: raw.required,
      description: raw.description,
      privacy: raw.privacy,
      ...(raw.title !== undefined && { title: raw.title }),
      ...(raw.titles && { titles: raw.titles }),
      ...(raw.values && { values: raw.values }),
      ...(raw.min !== undefined && { min: raw.min }),
      ...(raw.max !== undefined && { max: raw.max }),
      ...((raw.personal_data === 'scrub' || raw.personal_data === 'hash') && { personalData: raw.personal_data }),
      ...(raw.type === 'string' && !raw.values && { maxLength: raw.max_length ?? 256 }),
    }
  }
  const common = file.entries('common', '*').map(([path]) => read(path, String(path.at(-1))))
  const events = new Map<string, EventKind>()
  const views = new Map<string, string>()
  for (const [path] of file.entries('events', '*')) {
    const name = String(path.at(-1))
    const raw = file.validPart(path, eventHead) ?? eventHead.parse({})
    const own = file.entries(...path, 'properties', '*').map(([at]) => read(at, String(at.at(-1))))
    const view = raw.view ?? `analytics.${name}`
    const taken = views.get(view)
    if (taken) problems.push(file.problem([...path, 'view'], `the view ${view} is already used by ${taken}: name another`))
    views.set(view, name)
    const properties = new Map([...common, ...own].map(property => [property.name, property]))
    const viewColumns = new Map(
      Object.entries(raw.view_columns).map(([key, given]) => [key, typeof given === 'string' ? { property: given } : given] as const),
    )
    for (const [key, given] of viewColumns) {
      const at = [...path, 'view_columns', key]
      if (VIEW_COLUMNS.has(key) || properties.has(key))
        problems.push(file.problem(at, `the view already has a column ${key}: name another`))
      if ('property' in given && !properties.has(given.property)) {
        problems.push(unknownWord(file, at, `${name} has no property`, given.property, properties))
      }
    }
    const { description, user, retention } = raw
    const optional = {
      ...(raw.on_violation && { onViolation: raw.on_violation }),
      ...(viewColumns.size > 0 && { viewColumns }),
      ...(retention !== undefined && { retentionDays: retention / DAY_MS }),
    }
    problems.push(...wrongRetention(file, [...path, 'retention'], retention, maxRetentionDays))
    events.set(name, { name, description, view, user, properties, ...optional })
  }
  const byName = [...columns.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const fallback = file.validPart(['on_violation'], onViolation)
  return { plan: { events, columns: byName, ...(fallback && { onViolation: fallback }) }, problems, unsure }
}

/** Live counters reach back 35 days; the events that they count must be stored to be verified. */
const MIN_RETENTION_DAYS = 36

function wrongRetention(file: YamlFile<PlanFile>, path: Path, ms: number | undefined, most: number): readonly Problem[] {
  if (ms === undefined) return []
  const days = ms / DAY_MS
  if (!Number.isInteger(days) || days < MIN_RETENTION_DAYS)
    return [file.problem(path, `retention must be whole days, at least ${MIN_RETENTION_DAYS}d: live counters reach back 35 days`)]
  if (days <= most) return []
  const remedy = 'write less, leave it out, or raise NORTHSTAR_RETENTION_DAYS'
  return [file.problem(path, `retention is longer than the ${most} days after which the warehouse deletes any event; ${remedy}`)]
}

const STRING_LIMITS = ['values', 'titles', 'max_length', 'few_values', 'personal_data'] as const
const NUMBER_LIMITS = ['min', 'max'] as const

/** Limits that the property's type cannot have, or that no value can satisfy. */
function misplacedLimits(file: YamlFile<PlanFile>, path: Path, name: string, raw: z.output<typeof propertySchema>): readonly Problem[] {
  const isNumber = raw.type === 'integer' || raw.type === 'number'
  const misplaced = (keys: readonly (keyof typeof raw)[], owner: string) =>
    keys
      .filter(key => raw[key] !== undefined)
      .map(key => file.problem([...path, key], `${key} belongs to ${owner}, but ${name} is of type ${raw.type}`))
  const problems = [
    ...(raw.type === 'string' ? [] : misplaced(STRING_LIMITS, 'strings')),
    ...(isNumber ? [] : misplaced(NUMBER_LIMITS, 'numbers')),
  ]
  if (raw.min !== undefined && raw.max !== undefined && raw.min > raw.max)
    problems.push(file.problem([...path, 'max'], 'max is less than min: no value is allowed'))
  if (raw.type === 'string' && raw.values && raw.titles) {
    for (const value of Object.keys(raw.titles).filter(value => !raw.values?.includes(value)))
      problems.push(unknownWord(file, [...path, 'titles', value], `${name} has no value`, value, raw.values))
  }
  return problems
}
