/**
 * One event as it lies in the log and in the warehouse: the fixed columns, then one field for each property that the
 * event carries, under the property's own name. A chunk's value is such rows as JSON, one a line.
 */
export interface Row {
  event: string
  /** The sender's id, or one that ingest made. At most 128 characters. */
  id: string
  /** The event's own time corrected by the sender's clock skew, epoch milliseconds. */
  timestamp: number
  /** When ingest took it, epoch milliseconds. */
  received_at: number
  /** Keyed hash, 16 hex digits; empty where the event has none. */
  user_id: string
  /** Keyed hash, 16 hex digits; empty where the event has none. */
  session_id: string
  [property: string]: string | number | boolean
}

/** Columns that no property may be named. */
export const FIXED_COLUMNS = ['event', 'id', 'timestamp', 'received_at', 'user_id', 'session_id'] as const
