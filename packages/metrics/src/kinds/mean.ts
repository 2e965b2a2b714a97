import { countedKind, fraction, fractionSql } from '../define.ts'
import { numberTraits } from '../fields.ts'

/** The mean of a number over the events that have it. */
export const mean = countedKind({
  description: 'The mean of a number, such as a rating.',
  ...numberTraits,
  parts: ({ events, of }) => [{ kind: 'sum', events, of, where: [] }],
  value: (_, [values]) => fraction(values?.sum ?? 0, values?.count ?? 0),
  sql: (_, [values]) => fractionSql(values?.sum, values?.count),
})
