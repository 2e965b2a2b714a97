import type { ComparedMetric } from '../api/types.ts'
import { formatDuration, humanize } from '../format.ts'

/** `6 days 3 hours`. */
export const ageText = (days: number): string => formatDuration(Math.max(60, days * 86_400))

/** The member of a breakdown: `Linux`. */
export const memberText = ({ by }: Pick<ComparedMetric, 'by'>): string =>
  Object.values(by ?? {})
    .map(humanize)
    .join(', ')
