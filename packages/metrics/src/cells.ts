import type { CalendarSpan, TrackingPlan } from '@northstar/catalogue'
import type { Cell, CellRow, MetricKind, QueriedKind } from './kind.ts'
import type { Metric } from './metric.ts'
import { declarationsOf } from './question.ts'

/** The values of a metric in spans: of the whole (null) without a breakdown, else by member, null standing for events without the property. */
export interface Cells {
  /** The members that are listed or were found. */
  readonly members: readonly (string | null)[]
  /** A member's cells, one a span, in a part of the kind's own breakdown; those of a member without events where it was not found. */
  of(member: string | null, part?: string): readonly Cell[]
}

/** The span of a {@link CellRow} that lies before the first span asked for. */
export const BEFORE_FIRST = Number.MIN_SAFE_INTEGER

/** The rows of a query as cells. */
export function cellsOf(kind: QueriedKind, rows: readonly CellRow[], spans: readonly CalendarSpan[]): Cells {
  // The first place is for the row before the first span.
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

/** The members that an answer has even without events: those that the plan lists and the definition includes, and those with a target. */
export function listedMembers(metric: Metric, kind: MetricKind, by: string, plan: TrackingPlan): readonly string[] {
  return [...new Set([...plannedMembers(metric, kind, by, plan), ...(metric.targets?.by.get(by)?.keys() ?? [])])]
}

function plannedMembers(metric: Metric, kind: MetricKind, by: string, plan: TrackingPlan): readonly string[] {
  const leading = kind.source === 'counted' ? kind.parts(metric.definition)[0] : undefined
  const events = leading?.events ?? []
  // A kind with a query of its own does not say which events it reads, so a list counts only where all events share it.
  const lists =
    events.length > 0
      ? events.map(name => plan.events.get(name)?.properties.get(by)?.values)
      : declarationsOf(by, plan).map(property => property.values)
  if (lists.length === 0 || lists.some(values => values === undefined)) return []
  const filters = [...metric.where, ...(leading?.where ?? [])].filter(filter => filter.property === by)
  return [...new Set(lists.flatMap(values => values ?? []))].filter(value =>
    filters.every(({ op, values }) =>
      op === 'in' ? values.includes(value) : op === 'not_in' ? !values.includes(value) : op !== 'exists' || values[0] === true,
    ),
  )
}
