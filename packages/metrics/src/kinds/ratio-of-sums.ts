import { type TrackingPlan, whereSchema } from '@northstar/catalogue'
import * as z from 'zod'
import { countedKind } from '../define.ts'
import { checkPart, checkProperty, dimensionsOf, eventsField } from '../fields.ts'

const summed = z.strictObject({
  events: eventsField.describe('The event kinds that carry the number.'),
  of: z.string().describe('The property to add up.'),
  where: whereSchema.default([]),
})
type Summed = z.output<typeof summed>

const checkSummed = (field: string, given: Summed, plan: TrackingPlan) => [
  ...checkPart([field], given, plan),
  ...checkProperty([field, 'of'], given.of, given.events, plan, true),
]

const partOf = ({ events, of, where }: Summed) => ({ kind: 'sum', events, of, where }) as const

/** The sum of one number over that of another, such as revenue per ordered piece. Null where the lower sum is 0; its events are the sample. */
export const ratioOfSums = countedKind({
  description: 'The sum of one number divided by the sum of another, such as failed bytes by sent bytes.',
  fields: {
    numerator: summed.describe('The number above the line: the property `of` of `events`, of those that meet `where`.'),
    denominator: summed.describe('The number below it, likewise.'),
  },
  check: ({ numerator, denominator }, plan) => [
    ...checkSummed('numerator', numerator, plan),
    ...checkSummed('denominator', denominator, plan),
  ],
  dimensions: ({ numerator }, plan) => dimensionsOf(numerator.events, plan),
  parts: ({ numerator, denominator }) => [partOf(numerator), partOf(denominator)],
  value: (_, [above, below]) => ({ value: below && below.sum !== 0 ? (above?.sum ?? 0) / below.sum : null, sample: below?.count ?? 0 }),
  sql: (_, [above, below]) => ({
    value: `if(${below?.sum ?? '0'} != 0, ${above?.sum ?? '0'} / ${below?.sum ?? '0'}, NULL)`,
    sample: below?.count ?? '0',
  }),
})
