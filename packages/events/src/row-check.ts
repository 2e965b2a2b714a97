import type { PropertyType, TrackingPlan } from '@northstar/catalogue'
import { hashText } from './hash.ts'
import { FIXED_COLUMNS, type Row } from './row.ts'

/** Tells why a row does not fit the plan's columns, or null when it does. Every consumer must decide alike, so all use this. */
export type RowCheck = (row: Row) => string | null

/**
 * Names a plan by all that {@link RowCheck} goes by: 16 hexadecimal digits. Ingest writes it beside the rows that it has checked, which then
 * need no second look.
 */
export function planFingerprint(plan: TrackingPlan): string {
  return hashText(JSON.stringify(plan.columns.map(({ name, type }) => [name, type]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1))))
}

/** ClickHouse's DateTime64(3) holds the years 1900 to 2299. */
const EARLIEST_MS = -2_208_988_800_000
const LATEST_MS = 10_413_791_999_999

/** A property that is no column (of a newer plan, say) does no harm: it is left out of the table. */
export function createRowCheck(plan: TrackingPlan): RowCheck {
  const types = new Map<string, PropertyType | 'fixed'>(plan.columns.map(column => [column.name, column.type]))
  for (const name of FIXED_COLUMNS) types.set(name, 'fixed')
  return row => {
    if (!(row.timestamp >= EARLIEST_MS && row.timestamp <= LATEST_MS)) return `timestamp: ${row.timestamp} is no time that can be stored`
    for (const name in row) {
      const type = types.get(name)
      if (type === undefined || type === 'fixed') continue
      const value: unknown = row[name]
      const fits =
        type === 'string'
          ? typeof value === 'string'
          : type === 'boolean'
            ? typeof value === 'boolean'
            : type === 'integer'
              ? Number.isSafeInteger(value)
              : Number.isFinite(value)
      if (!fits) return `${name}: expected ${type}, found ${value === null ? 'null' : typeof value}`
    }
    return null
  }
}
