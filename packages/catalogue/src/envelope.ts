/**
 * Columns of every record's block beside the properties, in their order, each with the type that the block's codec gives it
 * and the name of its field in code.
 * Everything that writes, reads, stores or shows an event takes its columns from here.
 */
export const BLOCK_COLUMNS = [
  { name: 'event', type: 'kind', field: 'event' },
  { name: 'timestamp', type: 'time', field: 'timestamp' },
  { name: 'received_at', type: 'time', field: 'receivedAt' },
  { name: 'user_key', type: 'key', field: 'userKey' },
  { name: 'session_key', type: 'key', field: 'sessionKey' },
] as const

/** The column with an event's identity, which a record carries in its headers and the warehouse stores beside the block's columns. */
export const IDENTITY_COLUMN = 'id_key'

/** An event's columns as people see them: keys are text. */
export const EVENT_FIELDS = ['event', 'id', 'timestamp', 'received_at', 'user_id', 'session_id'] as const

/** Fields of an event as it is sent natively that are no properties. `event_type` stands for `event` where that is absent. */
export const SENT_FIELDS: ReadonlySet<string> = new Set(['event', 'id', 'timestamp', 'user_id', 'session_id', 'properties'])

/** Names that no property can have: fields that are sent, and columns of the log, the warehouse and the analysts' views. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  ...SENT_FIELDS,
  ...['event_type', 'sent_at', 'timestamp_hour', IDENTITY_COLUMN],
  ...BLOCK_COLUMNS.map(({ name }) => name),
  ...EVENT_FIELDS,
])
