import { type CalendarSpan, declarationsOf, type TrackingPlan } from '@northstar/catalogue'
import { OTHER } from '@northstar/live-counters'
import type { Cell, CellRow, MetricKind, QueriedKind } from './kind.ts'
import type { Metric } from './metric.ts'

/** The values of a metric by span and member. Without a breakdown the only member is null; with one, null is the events without the property. */
export interface Cells {
  /** The members that are listed or that events have. */
  readonly members: readonly (string | null)[]
  /** A member's cells, one for each span, in a part of the kind's own breakdown. An unknown member has the cells of no events. */
  of(member: string | null, part?: string): readonly Cell[]
  /** The cells of several members as one; absent if members' values do not add up, such as numbers of users. */
  together?(members: readonly (string | null)[]): readonly Cell[]
}

/** The span of a {@link CellRow} before the question's first span. */
export const BEFORE_FIRST = Number.MIN_SAFE_INTEGER

/** The rows of a query as cells. */
export function cellsOf(kind: QueriedKind, rows: readonly CellRow[], spans: readonly CalendarSpan[]): Cells {
  // Place 0 is for the row before the first span.
  const places = new Map([BEFORE_FIRST, ...spans.map(span => span.from)].map((from, i) => [from, i]))
  const byMember = new Map<string | null, Map<string | undefined, (Cell | undefined)[]>>()
  for (const row of rows) {
    const member = row.member ?? null
    const parts = byMember.get(member) ?? new Map<string | undefined, (Cell | undefined)[]>()
    byMember.set(member, parts)
    const series = parts.get(row.part) ?? new Array<Cell | undefined>(places.size).fill(undefined)
    parts.set(row.part, series)
    const at = places.get(Number(row.span))
    if (at !== undefined) series[at] = { value: row.value === null ? null : Number(row.value), sample: Number(row.sample) }
  }
  return {
    members: [...byMember.keys()],
    of: (member, part) => filled(kind, byMember.get(member)?.get(part) ?? new Array(places.size).fill(undefined)).slice(1),
  }
}

function filled({ carries, empty }: QueriedKind, series: readonly (Cell | undefined)[]): Cell[] {
  let held = empty
  return series.map(cell => {
    if (cell && carries) held = carries === 'value' ? { value: cell.value, sample: 0 } : cell
    return cell ?? held
  })
}

/** The members of an answer: first those that are listed, then the others by name, and last the events without the property. */
export function membersOf(listed: readonly (string | null)[], found: readonly (string | null)[]): readonly (string | null)[] {
  const others = new Set(found.filter(member => !listed.includes(member)))
  return [...listed, ...[...others].toSorted((a, b) => (a === null ? 1 : b === null ? -1 : a < b ? -1 : 1))]
}

/**
 * The members with the largest samples, in the given order, and the others. `(other)`, in which the stores add up members beyond their limits,
 * is never among the largest.
 */
export function largestMembers<M extends Sized>(
  members: readonly M[],
  limit = Number.POSITIVE_INFINITY,
): { largest: readonly M[]; others: readonly M[] } {
  if (members.length <= limit) return { largest: members, others: [] }
  const sizes = members.map(one => (one.member === OTHER ? { sample: -1, value: 0 } : sizeOf(one.cells)))
  const bySize = members.map((_, i) => i).toSorted((a, b) => compareSizes(sizes[b] as Size, sizes[a] as Size))
  const chosen = new Set(bySize.slice(0, limit))
  return { largest: members.filter((_, i) => chosen.has(i)), others: members.filter((_, i) => !chosen.has(i)) }
}

/** A member with all its cells. */
interface Sized {
  readonly member: string | null
  readonly cells: readonly Cell[]
}

type Size = Cell & { readonly value: number }
/** All members of a rate by error type have the same sample, the requests: then the value decides. */
const compareSizes = (a: Size, b: Size) => a.sample - b.sample || a.value - b.value
const sizeOf = (cells: readonly Cell[]): Size => {
  let [sample, value] = [0, 0]
  for (const cell of cells) {
    sample += cell.sample
    value += Math.abs(cell.value ?? 0)
  }
  return { sample, value }
}

/** The members that an answer has even without events: those that the plan lists and the filters include, and those with a target. */
export function listedMembers(metric: Metric, kind: MetricKind, by: string, plan: TrackingPlan): readonly string[] {
  return [...new Set([...plannedMembers(metric, kind, by, plan), ...(metric.targets?.by.get(by)?.keys() ?? [])])]
}

function plannedMembers(metric: Metric, kind: MetricKind, by: string, plan: TrackingPlan): readonly string[] {
  const leading = kind.source === 'counted' ? kind.parts(metric.definition)[0] : undefined
  const events = leading?.events ?? []
  // The events that a kind with its own query reads are unknown, so a list is used only if all events declare one.
  const lists =
    events.length > 0
      ? events.map(name => plan.events.get(name)?.properties.get(by)?.values)
      : (declarationsOf(plan).get(by) ?? []).map(property => property.values)
  if (lists.length === 0 || lists.some(values => values === undefined)) return []
  const filters = [...metric.where, ...(leading?.where ?? [])].filter(filter => filter.property === by)
  return [...new Set(lists.flatMap(values => values ?? []))].filter(value =>
    filters.every(({ op, values }) =>
      op === 'in' ? values.includes(value) : op === 'not_in' ? !values.includes(value) : op !== 'exists' || values[0] === true,
    ),
  )
}
