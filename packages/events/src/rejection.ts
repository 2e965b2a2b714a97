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

/** A rejection whose message is built when it is read, so that a rejection that is only counted is cheap. */
export function rejectLazily(code: RejectionCode, field: string | null, describe: () => string): Rejection {
  return {
    code,
    field,
    get message() {
      return describe()
    },
  }
}
