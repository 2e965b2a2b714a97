import type { Definition, SeriesPoint } from './api/types.ts'
import { valueTitle } from './titles.ts'

const NONE = '(none)'

function textOf(member: unknown): string {
  if (member === null || member === undefined) return NONE
  return member === NONE ? `"${NONE}"` : String(member)
}

/** The member in which the API adds up those beyond a limit. */
export const OTHER = '(other)'

/** The member of a breakdown as text; `(none)` for events without the property. Of two breakdowns, both members. */
export const memberOf = ({ by }: Pick<SeriesPoint, 'by'>): string => membersOf(by).join(' · ')

/** The same for people, by the titles of the values. */
export const memberTitle = ({ by }: Pick<SeriesPoint, 'by'>): string =>
  Object.entries(by ?? { '': null })
    .map(([property, member]) => (member === null ? textOf(member) : valueTitle(property, String(member))))
    .join(' · ')

/** Names points by their members' titles, or by the members themselves where the titles of two are equal. */
export function memberNames(points: readonly Pick<SeriesPoint, 'by'>[]): (point: Pick<SeriesPoint, 'by'>) => string {
  const members = new Map<string, Set<string>>()
  for (const point of points) members.set(memberTitle(point), (members.get(memberTitle(point)) ?? new Set()).add(memberOf(point)))
  return point => (members.get(memberTitle(point))?.size === 1 ? memberTitle(point) : memberOf(point))
}

function membersOf(by: SeriesPoint['by']): readonly string[] {
  const members = Object.values(by ?? {})
  return members.length === 0 ? [textOf(undefined)] : members.map(textOf)
}

/** The label in a list of a metric with several points for each period: `Week 1`, or the title of a part. */
export function headlineTitle({ segments, headline }: Pick<Definition, 'segments' | 'headline'>): string | undefined {
  if (!headline) return undefined
  return 'offset' in headline ? `Week ${headline.offset}` : valueTitle(segments ?? '', headline.member)
}
