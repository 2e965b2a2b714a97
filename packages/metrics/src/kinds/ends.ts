import type { QueryContext } from '../kind.ts'
import { beginsOf, NEVER } from '../sql.ts'

/** The ends of the spans as an array of SQL, epoch ms; the running span ends now. */
export function endsOf({ spans, params, now }: QueryContext): string {
  const to = params.add(
    spans.map(span => span.to),
    'Array(Int64)',
  )
  // `roundDown` requires a constant, which a scalar subquery is.
  return `(SELECT arrayMap((begins, ends) -> if(begins < ${now()}, least(ends, ${now()}), ends), ${beginsOf(spans, params)}, ${to}))`
}

const FIRST = `-${NEVER}`

/** The number of elements of an ascending array without repeats that are at most the value. The arguments are expressions of epoch ms. */
export const countUpTo = (value: string, array: string) =>
  `transform(roundDown(${value}, arrayPushFront(${array}, ${FIRST})), arrayPushFront(${array}, ${FIRST}), range(length(${array}) + 1), toUInt64(0))`
