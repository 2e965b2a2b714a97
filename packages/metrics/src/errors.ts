/** A question that names something unknown, or that cannot be answered. */
export class MetricQueryError extends Error {
  readonly code:
    | 'unknown_metric'
    | 'unknown_property'
    | 'unknown_period'
    | 'unknown_value'
    | 'unknown_release'
    | 'not_available'
    | 'bad_range'
    | 'too_much'
  readonly retryable = false
  /** The valid word that was probably meant. */
  readonly nearest?: string
  /** The valid words; empty where the fault is no wrong word. */
  readonly valid: readonly string[]
  /** The field of the question, such as `by` or `where.platform`. */
  readonly field?: string
  constructor(
    code: MetricQueryError['code'],
    message: string,
    hints: { readonly nearest?: string; readonly valid?: readonly string[]; readonly field?: string } = {},
    options?: ErrorOptions,
  ) {
    super(message + remedyOf(hints), options)
    this.name = 'MetricQueryError'
    this.code = code
    this.valid = hints.valid ?? []
    if (hints.nearest !== undefined) this.nearest = hints.nearest
    if (hints.field !== undefined) this.field = hints.field
  }
}

/** Maximum number of valid words in a message. */
const MOST_WORDS = 12

function remedyOf({ nearest, valid = [] }: { readonly nearest?: string; readonly valid?: readonly string[] }): string {
  if (nearest !== undefined) return `; did you mean "${nearest}"?`
  if (valid.length === 0) return ''
  const more = valid.length - MOST_WORDS
  return `; expected ${valid.slice(0, MOST_WORDS).join(', ')}${more > 0 ? ` or one of ${more} more` : ''}`
}
