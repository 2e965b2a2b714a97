/** A measured group, before suppression. */
export interface Group {
  readonly value: number | null
  /** Number of different people behind the value. */
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

/** A published value; null if it is hidden or missing. */
export interface PublicCell {
  readonly value: number | null
  readonly hidden: boolean
}

export interface PublicPeriod extends PublicCell {
  readonly by?: Readonly<Record<string, readonly (PublicCell & { readonly member: string })[]>>
}

/**
 * Returns the published values of a metric in one period. Groups of fewer than `k` people are hidden, empty ones too: otherwise a hidden group
 * would be known not to be empty. A table that hides a part also hides the first part that it could show, since a single hidden part would be the
 * rest of the whole. Which part that is does not depend on the sizes, so it reveals nothing.
 *
 * For any small group, some other number of people has the same outcome: a reader who knows this rule and everything that was published cannot
 * derive the number of any group of 1 to k - 1.
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
  // A period without any data, such as one before the product's data was imported, is not published yet. Readers see a hidden period.
  const parts = Object.values(measured.by).flat()
  if ([measured.whole, ...parts].every(({ people, value }) => people === 0 && !value)) return undefined
  return suppress(measured, k)
}
