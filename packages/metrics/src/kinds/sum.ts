import { countedKind } from '../define.ts'
import { numberTraits } from '../fields.ts'

/** The sum of a number, 0 without events. The sample is the number of events that have it. */
export const sum = countedKind({
  description: 'The sum of a number, such as a turnover.',
  trend: 'rises',
  accumulates: true,
  ...numberTraits,
  parts: ({ events, of }) => [{ kind: 'sum', events, of, where: [] }],
  value: (_, [values]) => ({ value: values?.sum ?? 0, sample: values?.count ?? 0 }),
  sql: (_, [values]) => ({ value: values?.sum ?? '0', sample: values?.count ?? '0' }),
})
