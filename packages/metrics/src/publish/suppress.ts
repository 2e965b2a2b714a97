/** A group before anything is published of it. */
export interface Group {
  readonly value: number | null
  /** How many different people it rests on. */
  readonly people: number
}

export interface MemberGroup extends Group {
  readonly member: string
}

/** A metric in one period: the whole, and its parts by property. The parts of a table make up the whole. */
export interface MeasuredPeriod {
  readonly whole: Group
  readonly by: Readonly<Record<string, readonly MemberGroup[]>>
}

/** A value that anyone may see; null where it is hidden or there is none. */
export interface PublicCell {
  readonly value: number | null
  readonly hidden: boolean
}

export interface PublicPeriod extends PublicCell {
  readonly by?: Readonly<Record<string, readonly (PublicCell & { readonly member: string })[]>>
}

/**
 * What anyone may see of a metric in one period. Groups of fewer than `k` people are hidden, empty ones too: else a hidden one would be
 * known not to be empty. Where a table hides any, it also hides the first part that it could show, since a single one would be the rest
 * of the whole. Which one that is does not depend on how large the parts are, so it reveals nothing.
 *
 * Of two sets of people that differ in a small group there are always two with the same outcome: a reader who knows this rule and everything
 * that was published cannot derive the number of any group of 1 to k - 1.
 */
export function suppress({ whole, by }: MeasuredPeriod, k: number): PublicPeriod {
  const shown = whole.people >= k
  const tables = Object.entries(by).map(([property, parts]) => [property, suppressTable(parts, k, shown)] as const)
  return { ...cell(whole, shown), ...(tables.length > 0 && { by: Object.fromEntries(tables) }) }
}

function suppressTable(parts: readonly MemberGroup[], k: number, wholeShown: boolean) {
  const large = parts.map(part => wholeShown && part.people >= k)
  const complement = large.includes(false) ? large.indexOf(true) : -1
  return parts.map((part, index) => ({ member: part.member, ...cell(part, large[index] === true && index !== complement) }))
}

const cell = ({ value }: Group, shown: boolean): PublicCell => ({ value: shown ? value : null, hidden: !shown })

/** A published period never changes, whatever arrives later: two versions of it could be subtracted from each other. */
export function publishOnce(before: PublicPeriod | undefined, measured: MeasuredPeriod, k: number): PublicPeriod | undefined {
  if (before) return before
  // A period without any data is not published yet, such as one before the product's data was imported. It looks like any hidden period.
  const parts = Object.values(measured.by).flat()
  if ([measured.whole, ...parts].every(({ people, value }) => people === 0 && !value)) return undefined
  return suppress(measured, k)
}
