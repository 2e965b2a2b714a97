import type { SeriesPoint } from './api/types.ts'
import { humanize } from './format.ts'

/** The member of a breakdown as text; `(none)` for events without the property. */
export function memberOf({ by }: Pick<SeriesPoint, 'by'>): string {
  const member = Object.values(by ?? {})[0]
  return member === null || member === undefined ? '(none)' : String(member)
}

export const memberTitle = (point: Pick<SeriesPoint, 'by'>): string => humanize(memberOf(point))
