/** Why an event was refused. The list is closed: clients branch on it. */
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

/** An event that was refused: the field at fault (null for the event as a whole) and what to do about it. Never quotes a value. */
export interface Rejection {
  readonly code: RejectionCode
  readonly field: string | null
  readonly message: string
}

export const reject = (code: RejectionCode, field: string | null, message: string): Rejection => ({ code, field, message })
