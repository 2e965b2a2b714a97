/**
 * The fixed columns of every record's block, in order: name, column type of the block codec, and field name in code. The one definition for
 * everything that writes, reads, stores or shows events.
 */
export const BLOCK_COLUMNS = [
  { name: 'event', type: 'kind', field: 'event' },
  { name: 'timestamp', type: 'time', field: 'timestamp' },
  { name: 'received_at', type: 'time', field: 'receivedAt' },
  { name: 'user_key', type: 'key', field: 'userKey' },
  { name: 'session_key', type: 'key', field: 'sessionKey' },
] as const

/** The column with an event's identity: a record has it in its headers, the warehouse as a column. */
export const IDENTITY_COLUMN = 'id_key'

/** An event's fixed fields as people see them: keys are text. */
export const EVENT_FIELDS = ['event', 'id', 'timestamp', 'received_at', 'user_id', 'session_id'] as const

/** Fields of a native event that are not properties. `event_type` replaces `event` where that is absent. */
export const SENT_FIELDS: ReadonlySet<string> = new Set(['event', 'id', 'timestamp', 'user_id', 'session_id', 'properties'])

/** Names that no property may have: fields of native events, and columns of the log, the warehouse and the analysts' views. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  ...SENT_FIELDS,
  ...['event_type', 'sent_at', 'timestamp_hour', IDENTITY_COLUMN],
  ...BLOCK_COLUMNS.map(({ name }) => name),
  ...EVENT_FIELDS,
])
