import type { PeriodSpan } from '@northstar/catalogue'
import type { Member, SeriesPoint } from './answer.ts'
import type { Metric, Unit } from './metric.ts'
import type { MetricCatalogue } from './metric-catalogue.ts'
import type { MetricQuestion } from './question.ts'
import type { MetricReader } from './reader.ts'
import { intrinsicOf, metricKinds, wholePoints } from './registry.ts'

/** Value and sample of one span. */
export interface MeasuredSpan {
  readonly value: number | null
  readonly sample: number
}

/** A member of a breakdown in two spans. */
export interface MemberChange {
  readonly property: string
  readonly member: Member
  readonly before: MeasuredSpan
  readonly after: MeasuredSpan
  /** The part of the metric's change that comes from this member, in the metric's unit. */
  readonly contribution: number
}

export interface Changes {
  readonly before: MeasuredSpan
  readonly after: MeasuredSpan
  /** By property in the metric's order, the largest contributions in the asked direction first. */
  readonly properties: readonly { readonly property: string; readonly members: readonly MemberChange[] }[]
  /** Properties beyond the maximum, which were not compared. */
  readonly left: readonly string[]
}

export interface ChangesQuestion {
  readonly metric: Metric
  readonly where: NonNullable<MetricQuestion['where']>
  readonly before: PeriodSpan
  readonly after: PeriodSpan
  /** The order of contributions: members that raised the value first, or members that lowered it. */
  readonly direction: 'up' | 'down'
}

/** A comparison asks two questions for each property, and two for the whole. */
const MAX_PROPERTIES = 8
const MAX_MEMBERS = 5

/** Properties of few values that the metric can be broken down by, most useful first: those that the live counters hold. */
export function comparableProperties(metric: Metric, { plan }: MetricCatalogue): readonly string[] {
  const kind = metricKinds.get(metric.kind)
  if (!kind || kind.source === 'cohorts' || kind.filtersOnly) return []
  // A kind with its own parts has no single value to compare.
  if (intrinsicOf(metric)) return []
  const texts = new Set(plan.columns.filter(({ type }) => type === 'string' || type === 'boolean').map(({ name }) => name))
  const declared = kind.dimensions(metric.definition, plan)
  return [...new Set([...metric.by, ...declared])].filter(property => texts.has(property) && declared.includes(property))
}

/** Compares a metric in two spans and finds the members of its declared properties that moved it most. Cohorts are not compared. */
export async function compareMembers(
  { metric, where, before, after, direction }: ChangesQuestion,
  { read, catalogue }: { readonly read: MetricReader['read']; readonly catalogue: MetricCatalogue },
): Promise<Changes> {
  if (metricKinds.get(metric.kind)?.source === 'cohorts') return { before: NOTHING, after: NOTHING, properties: [], left: [] }
  const all = comparableProperties(metric, catalogue).filter(property => where[property] === undefined)
  const properties = all.slice(0, MAX_PROPERTIES)
  const pointsOf = async (span: PeriodSpan, by?: string) =>
    (await read({ metric: metric.name, where, period: 'total', ...span, ...(by !== undefined && { by }) })).points
  const bothOf = (by?: string) => Promise.all([pointsOf(before, by), pointsOf(after, by)])
  const [wholeBefore, wholeAfter] = await bothOf()
  const whole = { before: measuredOf(wholePoints(metric, wholeBefore)[0]), after: measuredOf(wholePoints(metric, wholeAfter)[0]) }
  const compared: Changes['properties'][number][] = []
  for (const property of properties) {
    const [earlier, later] = await bothOf(property)
    compared.push({ property, members: topMembers(membersOf(property, earlier, later, whole, metric.unit), direction) })
  }
  return { ...whole, properties: compared, left: all.slice(MAX_PROPERTIES) }
}

const NOTHING: MeasuredSpan = { value: null, sample: 0 }

const measuredOf = (point: SeriesPoint | undefined): MeasuredSpan => (point ? { value: point.value, sample: point.sample } : NOTHING)

function membersOf(
  property: string,
  earlier: readonly SeriesPoint[],
  later: readonly SeriesPoint[],
  whole: Pick<Changes, 'before' | 'after'>,
  unit: Unit,
): readonly MemberChange[] {
  const memberOf = ({ by }: SeriesPoint) => by?.[property] ?? null
  const before = new Map(earlier.map(point => [memberOf(point), measuredOf(point)]))
  const after = new Map(later.map(point => [memberOf(point), measuredOf(point)]))
  return [...new Set([...after.keys(), ...before.keys()])].map(member => {
    const spans = { before: before.get(member) ?? NOTHING, after: after.get(member) ?? NOTHING }
    return { property, member, ...spans, contribution: contributionOf(spans, whole, unit) }
  })
}

type Spans = Pick<Changes, 'before' | 'after'>

/**
 * Counts add up, so a member contributes its difference. A ratio is the sum of its members' numerators over the whole's denominator, so a
 * member contributes the difference of that quotient. Of other values the difference is weighted by the member's share of the sample, so that
 * a member of one observation never leads.
 */
function contributionOf({ before, after }: Spans, whole: Spans, unit: Unit): number {
  if (unit === 'count') return (after.value ?? 0) - (before.value ?? 0)
  const weight = (part: MeasuredSpan, of: MeasuredSpan) => (of.sample > 0 ? part.sample / of.sample : 0)
  if (unit === 'ratio') return (after.value ?? 0) * weight(after, whole.after) - (before.value ?? 0) * weight(before, whole.before)
  if (after.value === null || before.value === null) return 0
  return (after.value - before.value) * weight(after, whole.after)
}

const topMembers = (members: readonly MemberChange[], direction: 'up' | 'down') =>
  members.toSorted((a, b) => (direction === 'up' ? b.contribution - a.contribution : a.contribution - b.contribution)).slice(0, MAX_MEMBERS)
