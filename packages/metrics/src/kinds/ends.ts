import type { QueryContext } from '../kind.ts'
import { NEVER } from './item-steps.ts'

/** When the spans end as one array of SQL, epoch ms: the running one now. */
export function endsOf({ spans, params, now }: QueryContext): string {
  const list = (values: readonly number[]) => params.add(values, 'Array(Int64)')
  const [from, to] = [list(spans.map(span => span.from)), list(spans.map(span => span.to))]
  // A scalar subquery is a constant, which `roundDown` asks for.
  return `(SELECT arrayMap((begins, ends) -> if(begins < ${now()}, least(ends, ${now()}), ends), ${from}, ${to}))`
}

const FIRST = `-${NEVER}`

/** How many elements of an ascending array without repeats are not above the value. The arguments are expressions of epoch ms. */
export const countUpTo = (value: string, array: string) =>
  `transform(roundDown(${value}, arrayPushFront(${array}, ${FIRST})), arrayPushFront(${array}, ${FIRST}), range(length(${array}) + 1), toUInt64(0))`
