import type { Cell } from '@northstar/http-api/csv'
import type { Series } from '../series.ts'

/** A series as rows of a table: one per period, with the value and target of each line. */
export function rowsOf({ names, rows, hasTarget }: Series): readonly (readonly Cell[])[] {
  const head = names.flatMap(name => [name || 'value', ...(hasTarget ? [`${name} target`.trim()] : [])])
  const body = rows.map(({ from, complete, values, targets }) => [
    from,
    complete,
    ...names.flatMap((_, line) => [values[line], ...(hasTarget ? [targets[line]] : [])]),
  ])
  return [['from', 'complete', ...head], ...body]
}
