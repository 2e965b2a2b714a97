import type { EventKind, FieldProblem, Filter, TrackingPlan } from '@northstar/catalogue'
import { checkEvents, checkProperty, checkWhere, eventsTraits } from '../fields.ts'
import type { QueryContext } from '../kind.ts'
import { column, condition, memberSql, propertiesOf } from '../sql.ts'
import { type Openings, openingFields } from './item-steps.ts'

/** Checks the fields that kinds of items (issues, orders) have in common: kinds that follow an item through its events. */
export function checkItems(
  given: { readonly events: readonly string[]; readonly item: string },
  conditions: Readonly<Record<string, readonly Filter[]>>,
  plan: TrackingPlan,
): readonly FieldProblem[] {
  const events = checkEvents(['events'], given.events, plan)
  if (events.length > 0) return events
  return [
    ...checkProperty(['item'], given.item, given.events, plan, false),
    ...Object.entries(conditions).flatMap(([field, where]) => checkWhere([field], where, given.events, plan)),
    ...overlapProblems(conditions, given.events, plan),
  ]
}

/** One event must not both begin and end an item. */
function overlapProblems(
  conditions: Readonly<Record<string, readonly Filter[]>>,
  events: readonly string[],
  plan: TrackingPlan,
): readonly FieldProblem[] {
  const [[begins = '', first = []] = [], [ends = '', second = []] = []] = Object.entries(conditions)
  const kinds = events.flatMap(name => plan.events.get(name) ?? [])
  if (kinds.every(kind => excludeEachOther([...first, ...second], kind))) return []
  return [{ path: [ends], message: `one event can meet both \`${begins}\` and \`${ends}\`: give them conditions that exclude each other` }]
}

/** Whether no event of the kind meets all of the filters, because a property would need two values. */
function excludeEachOther(filters: readonly Filter[], kind: EventKind): boolean {
  return [...new Set(filters.map(filter => filter.property))].some(property => {
    const all = filters.filter(filter => filter.property === property)
    const isAbsence = ({ op, values }: Filter) => op === 'exists' && values[0] === false
    // Every other condition holds only where the property exists.
    if (all.some(isAbsence)) return !all.every(isAbsence)
    const own = all.filter(filter => filter.op !== 'exists')
    if (own.length === 0) return false
    const declared = kind.properties.get(property)
    const candidates =
      declared?.values ?? own.find(filter => filter.op === 'in')?.values ?? (declared?.type === 'boolean' ? [true, false] : undefined)
    if (candidates) return !candidates.some(value => own.every(filter => isMet(filter, value)))
    const bounds = (op: Filter['op']) => own.filter(filter => filter.op === op).map(filter => Number(filter.values[0]))
    return Math.max(...bounds('at_least')) > Math.min(...bounds('at_most'))
  })
}

function isMet({ op, values }: Filter, value: Filter['values'][number]): boolean {
  switch (op) {
    case 'in':
      return values.includes(value)
    case 'not_in':
      return !values.includes(value)
    case 'at_least':
      return Number(value) >= Number(values[0])
    case 'at_most':
      return Number(value) <= Number(values[0])
    case 'exists':
      return values[0] === true
  }
}

/**
 * An item's properties as columns of the query that groups by item: the last value in any of its events. A closing event need not repeat the
 * priority, and a later label corrects an earlier one.
 */
export function itemProperties({ by, where, plan, params }: QueryContext): { readonly select: string; readonly having: string } {
  const names = propertiesOf(by, where)
  const last = (name: string) => `argMaxIf(${column(name)}, (timestamp, received_at, id), isNotNull(${column(name)}))`
  const conditions = where.map(filter => condition(filter, plan, params, `item_${names.indexOf(filter.property)}`))
  return {
    select: names.map((name, i) => `, ${last(name)} AS item_${i}`).join('') + (memberSql(by).member && ', toString(item_0) AS member'),
    having: conditions.map(text => ` AND ${text}`).join(''),
  }
}

/** The traits that the kinds of opened and closed items have in common. */
export const openingTraits = {
  fields: openingFields,
  check: (given: Openings, plan: TrackingPlan) => checkItems(given, { opened: given.opened, closed: given.closed }, plan),
  dimensions: eventsTraits.dimensions,
  durableEvents: ({ events }: Openings) => events,
  readsEvents: ({ events }: Openings) => events,
}
