import type { CalendarSpan, TrackingPlan } from '@northstar/catalogue'
import { NOTHING } from './counted.ts'
import type { Cell, CellRow, CohortKind, MetricKind, QueriedKind } from './kind.ts'
import type { Metric } from './metric.ts'
import { declarationsOf } from './question.ts'

type SeriesKind = Exclude<MetricKind, CohortKind>

/** What has one value a span: for each member of the breakdown (null: the whole, or those without the property) its cells. */
export type Cells = Map<string | null, Cell[]>

/** The rows of a query as cells. A carried value stays until the next one; other kinds are empty where there is no row. */
export function cellsOf(kind: QueriedKind, rows: readonly CellRow[], spans: readonly CalendarSpan[]): Cells {
  const place = new Map(spans.map((span, i) => [span.from, i]))
  const byMember = new Map<string | null, (Cell | undefined)[]>()
  for (const row of rows) {
    const member = row.member ?? null
    // The first cell is for what lies before the first span.
    const series = byMember.get(member) ?? new Array<Cell | undefined>(spans.length + 1).fill(undefined)
    byMember.set(member, series)
    const at = Number(row.span) < 0 ? -1 : place.get(Number(row.span))
    if (at !== undefined) series[at + 1] = { value: row.value === null ? null : Number(row.value), sample: Number(row.sample) }
  }
  return new Map([...byMember].map(([member, series]) => [member, filled(kind, series).slice(1)]))
}

function filled(kind: QueriedKind, series: readonly (Cell | undefined)[]): Cell[] {
  let held = kind.empty
  return series.map(cell => {
    if (cell) held = kind.carries ? { value: cell.value, sample: 0 } : kind.empty
    return cell ?? held
  })
}

/** The cells of runs of spans one after another, in the members' order, the others after them by name; empty for members without any. */
export function withMembers(
  runs: readonly { readonly cells: Cells; readonly spans: number }[],
  members: readonly (string | null)[],
  empty: Cell,
): Cells {
  const others = [...new Set(runs.flatMap(({ cells }) => [...cells.keys()]))]
    .filter(member => !members.includes(member))
    .toSorted((a, b) => (a === null ? 1 : b === null ? -1 : a < b ? -1 : 1))
  const series = (member: string | null) => runs.flatMap(({ cells, spans }) => cells.get(member) ?? Array<Cell>(spans).fill(empty))
  return new Map([...members, ...others].map(member => [member, series(member)]))
}

/** What a span without events has: a count is 0, a ratio has no value. */
export const emptyCell = (kind: SeriesKind, metric: Metric): Cell =>
  kind.source === 'queried'
    ? kind.empty
    : kind.value(
        metric.definition,
        kind.parts(metric.definition).map(() => NOTHING),
      )

/** The members that an answer has whether or not there were events: those that the plan lists and the definition lets in. */
export function listedMembers(metric: Metric, kind: SeriesKind, by: string, plan: TrackingPlan): readonly string[] {
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
    filters.every(({ op, values }) => (op === 'in' ? values.includes(value) : op === 'not_in' ? !values.includes(value) : true)),
  )
}
