import type { ComparedMetric } from '../api/types.ts'
import { formatDuration } from '../format.ts'
import { valueTitle } from '../titles.ts'

/** `6 days 3 hours`. */
export const ageText = (days: number): string => formatDuration(Math.max(60, days * 86_400))

/** The member of a breakdown: `Linux`. */
export const memberText = ({ by }: Pick<ComparedMetric, 'by'>): string =>
  Object.entries(by ?? {})
    .map(([property, value]) => valueTitle(property, String(value)))
    .join(', ')
