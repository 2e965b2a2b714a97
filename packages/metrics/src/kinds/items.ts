import { type FieldProblem, type Filter, type TrackingPlan, whereProblems } from '@northstar/catalogue'
import { checkEvents, checkProperty, dimensionsOf } from '../fields.ts'
import type { QueryContext } from '../kind.ts'
import { column, condition } from '../sql.ts'

/** Checks what kinds that follow items (issues, orders) through their events have in common. */
export function checkItems(
  given: { readonly events: readonly string[]; readonly item: string },
  conditions: Readonly<Record<string, readonly Filter[]>>,
  plan: TrackingPlan,
): readonly FieldProblem[] {
  const events = checkEvents(['events'], given.events, plan)
  if (events.length > 0) return events
  return [
    ...checkProperty(['item'], given.item, given.events, plan, false),
    ...Object.entries(conditions).flatMap(([field, where]) =>
      whereProblems(where, dimensionsOf(given.events, plan), plan).map(m => ({ ...m, path: [field, ...m.path] })),
    ),
  ]
}

/**
 * An item's own properties, as columns of the query that groups by item: the last value that any of its events gave. A closing
 * event need not repeat the priority, and a later label corrects an earlier one.
 */
export function itemProperties({ by, where, plan, params }: QueryContext): { readonly select: string; readonly having: string } {
  const names = [...new Set([...(by === undefined ? [] : [by]), ...where.map(filter => filter.property)])]
  const last = (name: string) => `argMaxIf(${column(name)}, (timestamp, received_at, id), isNotNull(${column(name)}))`
  const conditions = where.map(filter => condition(filter, plan, params, `item_${names.indexOf(filter.property)}`))
  return {
    select: names.map((name, i) => `, ${last(name)} AS item_${i}`).join('') + (by === undefined ? '' : ', toString(item_0) AS member'),
    having: conditions.map(text => ` AND ${text}`).join(''),
  }
}
