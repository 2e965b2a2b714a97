import type { FieldProblem } from '@northstar/catalogue'
import * as z from 'zod'

/** Fields of kinds that measure durations: the statistic over them. */
export const statisticFields = {
  statistic: z.enum(['mean', 'median', 'maximum', 'percentile']).default('mean').describe('The statistic of the times. Default: mean.'),
  percentile: z.number().min(0).max(100).optional().describe('With statistic percentile: its level, 0 to 100.'),
}

interface Statistic {
  readonly statistic: 'mean' | 'median' | 'maximum' | 'percentile'
  readonly percentile?: number | undefined
}

export function checkStatistic({ statistic, percentile }: Statistic): readonly FieldProblem[] {
  if (statistic === 'percentile' && percentile === undefined) {
    return [{ path: ['statistic'], message: 'a percentile needs its level: `percentile` is missing, 90 for instance' }]
  }
  if (statistic !== 'percentile' && percentile !== undefined) {
    return [{ path: ['percentile'], message: `\`percentile\` goes with statistic: percentile, not with ${statistic}` }]
  }
  return []
}

/** The statistic of an expression over the rows, as SQL; NULL or NaN without rows. */
export function statisticSql({ statistic, percentile }: Statistic, expression: string): string {
  switch (statistic) {
    case 'mean':
      return `avg(${expression})`
    case 'median':
      return `quantileExactInclusive(0.5)(${expression})`
    case 'maximum':
      return `max(${expression})`
    case 'percentile':
      // Aggregate functions accept no placeholders. The level is a number of the product's own file.
      return `quantileExactInclusive(${Number(percentile) / 100})(${expression})`
  }
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, hours: 3_600_000 }

/** A duration in ms converted to the metric's unit: ms, or else hours. */
export const inUnit = (ms: string, unit: string) => `(${ms}) / ${UNIT_MS[unit] ?? UNIT_MS.hours}`
