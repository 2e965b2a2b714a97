import type { Filter } from '@northstar/catalogue'
import type { Row } from '@northstar/events'

/**
 * Whether a row meets all of the filters. A row without the property meets none of them, `not_in` included, as in SQL, where a
 * comparison with NULL is never true.
 */
export function compileFilters(filters: readonly Filter[]): ((row: Row) => boolean) | null {
  const [first, second, ...others] = filters.map(compileFilter)
  if (!first) return null
  if (!second) return first
  const rest = [first, second, ...others]
  return row => rest.every(meets => meets(row))
}

function compileFilter(filter: Filter): (row: Row) => boolean {
  const { property, op } = filter
  if (op === 'at_least' || op === 'at_most') {
    const bound = filter.values[0]
    if (typeof bound !== 'number') throw new TypeError(`the filter on ${property} compares with a number`)
    return op === 'at_least' ? row => isNumberAtLeast(row[property], bound) : row => isNumberAtMost(row[property], bound)
  }
  const [only] = filter.values
  const values = new Set(filter.values)
  if (op === 'in') {
    if (filter.values.length === 1) return row => row[property] === only
    return row => {
      const value = row[property]
      return value !== undefined && values.has(value)
    }
  }
  return row => {
    const value = row[property]
    return value !== undefined && !values.has(value)
  }
}

function isNumberAtLeast(value: Row[string] | undefined, bound: number): boolean {
  return typeof value === 'number' && value >= bound
}

function isNumberAtMost(value: Row[string] | undefined, bound: number): boolean {
  return typeof value === 'number' && value <= bound
}
