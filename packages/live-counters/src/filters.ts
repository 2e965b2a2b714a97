import type { Filter } from '@northstar/catalogue'
import type { Scalar } from '@northstar/events'
import type { RecordColumns } from './record-columns.ts'

/** The rows of a list that meet the filters, in order. */
export type RowFilter = (columns: RecordColumns, rows: readonly number[]) => readonly number[]

const NONE: readonly number[] = []

/**
 * Compiles filters, all of which must hold; null without filters. A row without the property meets none of them, not even `not_in`, except
 * `exists: false`: as in SQL, where a comparison with NULL is never true.
 */
export function compileFilters(filters: readonly Filter[]): RowFilter | null {
  if (filters.length === 0) return null
  const compiled = filters.map(filter => compileFilter(filter))
  return (columns, rows) => compiled.reduce((rest, meeting) => (rest.length === 0 ? rest : meeting(columns, rest)), rows)
}

function compileFilter({ property, op, values: [bound, ...others] }: Filter): RowFilter {
  if (op === 'in' || op === 'not_in') {
    const listed = new Set<Scalar | undefined>([bound, ...others])
    const wanted = op === 'in'
    return meetingByMember(property, value => value !== null && listed.has(value) === wanted)
  }
  if (op === 'exists') return meetingByMember(property, value => (value !== null) === bound, bound === false)
  if (typeof bound !== 'number') throw new TypeError(`the filter on ${property} compares with a number`)
  return (columns, rows) => {
    const numbers = columns.numbers(property)
    if (numbers === null) return NONE
    const { nulls, values } = numbers
    const meets = op === 'at_least' ? (value: number) => value >= bound : (value: number) => value <= bound
    return rows.filter(row => nulls[row] === 0 && meets(values[row] as number))
  }
}

/** Decides once for each different value of a record. @param absent the decision for records without the property */
function meetingByMember(property: string, meets: (value: Scalar | null) => boolean, absent = false): RowFilter {
  let decidedFor: RecordColumns | null = null
  let decisions: readonly boolean[] = []
  return (columns, rows) => {
    const members = columns.members(property)
    if (members === null) return absent ? rows : NONE
    if (columns !== decidedFor) {
      decidedFor = columns
      decisions = members.values.map(meets)
    }
    const { places } = members
    return rows.filter(row => decisions[places[row] as number])
  }
}
