import type { Definition, SeriesPoint } from './api/types.ts'
import { valueTitle } from './titles.ts'

const textOf = (member: unknown) => (member === null || member === undefined ? '(none)' : String(member))

/** The member in which the API adds up those beyond a limit. */
export const OTHER = '(other)'

/** The member of a breakdown as text; `(none)` for events without the property. Of two breakdowns, both members. */
export const memberOf = ({ by }: Pick<SeriesPoint, 'by'>): string => membersOf(by).join(' · ')

/** The same for people, by the titles of the values. */
export const memberTitle = ({ by }: Pick<SeriesPoint, 'by'>): string =>
  Object.entries(by ?? { '': null })
    .map(([property, member]) => (member === null ? textOf(member) : valueTitle(property, String(member))))
    .join(' · ')

function membersOf(by: SeriesPoint['by']): readonly string[] {
  const members = Object.values(by ?? {})
  return members.length === 0 ? [textOf(undefined)] : members.map(textOf)
}

/** The points that stand for a metric as a whole: of a funnel those of its last step; none of other metrics with parts of their own. */
export function wholePoints<P extends Pick<SeriesPoint, 'by'>>(definition: Definition | undefined, points: readonly P[]): readonly P[] {
  const { segments, steps } = definition ?? {}
  return segments === undefined ? points : points.filter(({ by }) => steps !== undefined && by?.[segments] === steps.at(-1))
}
