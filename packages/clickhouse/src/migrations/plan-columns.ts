import { type Column, RESERVED_NAMES, type TrackingPlan } from '@northstar/catalogue'
import { columnTypeOf, NATIVE_TYPES } from '@northstar/events'
import { PlanRefused } from '../port.ts'
import { identifier } from '../statements.ts'

/** The `ADD COLUMN …` clauses, by column, for properties without a column. @throws PlanRefused if a column has another type */
export function missingColumns(plan: TrackingPlan, table: string, existing: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const missing = new Map<string, string>()
  for (const column of plan.columns) {
    if (RESERVED_NAMES.has(column.name))
      throw new PlanRefused(`a property cannot be named ${column.name}: the table has a column of that name`)
    const type = existing.get(column.name)
    if (type === undefined) missing.set(column.name, `ADD COLUMN IF NOT EXISTS ${identifier(column.name)} ${columnType(column)}`)
    else if (bare(type) !== bare(columnType(column))) {
      throw new PlanRefused(
        `the property ${column.name} is ${column.type} in the tracking plan, but its column is of type ${bare(type)}: give the property a new name, ` +
          `or remove the column with its values (ALTER TABLE ${table} DROP COLUMN ${identifier(column.name)}, after the projections that read it) and migrate again`,
      )
    }
  }
  return missing
}

const columnType = (column: Column): string => NATIVE_TYPES[columnTypeOf(column)]

/** The type without a dictionary, which makes no difference to queries: an existing column keeps or lacks it. */
function bare(type: string): string {
  return type.replace(/^LowCardinality\((.*)\)$/, '$1').replace(/^Nullable\((.*)\)$/, '$1')
}
