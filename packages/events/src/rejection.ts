/** The reason that an event was refused. The list is closed: clients branch on it. */
export type RejectionCode =
  | 'unknown_event'
  | 'unknown_property'
  | 'missing_field'
  | 'wrong_type'
  | 'not_allowed'
  | 'out_of_range'
  | 'too_long'
  | 'future_timestamp'
  | 'too_old'
  | 'forbidden_data'
  | 'too_many_users'

/** A refused event: the field at fault (null for the event as a whole) and the remedy. Never quotes a value. */
export interface Rejection {
  readonly code: RejectionCode
  readonly field: string | null
  readonly message: string
}

export const reject = (code: RejectionCode, field: string | null, message: string): Rejection => ({ code, field, message })

/**
 * A rejection whose message is built when it is read, so that one that is only counted is cheap: a getter in an object literal would be made
 * anew for each event, which takes longer than checking it.
 */
class LazyRejection implements Rejection {
  readonly code: RejectionCode
  readonly field: string | null
  readonly #describe: () => string
  constructor(code: RejectionCode, field: string | null, describe: () => string) {
    this.code = code
    this.field = field
    this.#describe = describe
  }
  get message(): string {
    return this.#describe()
  }
}

export const rejectLazily = (code: RejectionCode, field: string | null, describe: () => string): Rejection =>
  new LazyRejection(code, field, describe)
