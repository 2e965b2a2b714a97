import { amount, amountSql, countedKind, fraction, fractionSql } from '../define.ts'
import { checkPart, dimensionsOf, partField, partOf } from '../fields.ts'

/** One count divided by another. A breakdown splits the numerator, and the denominator too where its events declare the property. */
export const ratio = countedKind({
  description: 'One count divided by another, such as errors by commands.',
  fields: {
    numerator: partField.describe(
      'What is counted above the line: `events`, those that meet `where`, or their different users or sessions (`unique`).',
    ),
    denominator: partField.describe('What is counted below the line, likewise; nothing there makes the value null.'),
  },
  proportion: true,
  units: ['ratio', 'per_user', 'number'],
  check: ({ numerator, denominator }, plan) => [
    ...checkPart(['numerator'], numerator, plan),
    ...checkPart(['denominator'], denominator, plan),
  ],
  dimensions: ({ numerator }, plan) => dimensionsOf(numerator.events ?? [], plan),
  parts: ({ numerator, denominator }) => [partOf(numerator), partOf(denominator)],
  value: ({ numerator, denominator }, [above, below]) => fraction(amount(partOf(numerator), above), amount(partOf(denominator), below)),
  sql: ({ numerator, denominator }, [above, below]) =>
    fractionSql(amountSql(partOf(numerator), above), amountSql(partOf(denominator), below)),
})
