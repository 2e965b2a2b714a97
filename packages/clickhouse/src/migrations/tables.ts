import { qualified } from '../statements.ts'

/** A step that is taken once and never edited: a change is a new step. Every statement is harmless to repeat. */
export interface Migration {
  readonly name: string
  statements(database: string): readonly string[]
}

/**
 * How many blocks a table remembers by token. An insert makes one for each month that its rows touch, and only what was
 * announced and not completed is ever repeated, so this is far more than needed; it costs some hundred bytes a block.
 * On replicated tables the settings are `replicated_deduplication_window` and `…_window_seconds`, kept in Keeper.
 */
const REMEMBERED_BLOCKS = 10_000

/**
 * An insert is on disk when it is answered: what the log's group has committed as stored, a power cut must not take back. Merged parts need
 * no such flush, since the parts that they replace are kept for some minutes.
 */
const FLUSHED = 'fsync_after_insert = 1, fsync_part_directory = 1'
const COMMON = `non_replicated_deduplication_window = ${REMEMBERED_BLOCKS}, ${FLUSHED}`
const DROPPED_WHOLE = `${COMMON}, ttl_only_drop_parts = 1`

/** Tables whose rows are removed when they are old, with the column that says how old. */
export const AGEING: readonly (readonly [table: string, column: string])[] = [
  ['events', 'timestamp'],
  ['dead_letters', 'at'],
  ['ledger', 'minute'],
  ['alert_history', 'at'],
]

/** The text of a key as people see it: 16 hexadecimal digits, '' for none. */
const keyText = (column: string) => `if(${column} = 0, '', leftPad(lower(hex(${column})), 16, '0'))`

/** The fixed columns of events; properties are added from the tracking plan. */
const EVENT_COLUMNS = `event LowCardinality(String),
  timestamp DateTime64(3, 'UTC') CODEC(Delta, LZ4),
  received_at DateTime64(3, 'UTC') CODEC(Delta, LZ4),
  user_key UInt64,
  session_key UInt64,
  id_key UInt64,
  timestamp_hour DateTime('UTC') MATERIALIZED toStartOfHour(timestamp, 'UTC') CODEC(Delta, LZ4),
  id String ALIAS ${keyText('id_key')},
  user_id String ALIAS ${keyText('user_key')},
  session_id String ALIAS ${keyText('session_key')}`

export const MIGRATIONS: readonly Migration[] = [
  {
    // Pseudonyms and identities are 64-bit numbers; their text is derived for people. A replaced row is one that a client repeated after more than the duplicate window; merges remove it, and its part of the projections.
    name: '001-events',
    statements: database => [
      `CREATE TABLE IF NOT EXISTS ${qualified(database, 'events')} (
  ${EVENT_COLUMNS}
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (event, toStartOfHour(timestamp), user_key, id_key)
SETTINGS ${DROPPED_WHOLE}, deduplicate_merge_projection_mode = 'rebuild', lightweight_mutation_projection_mode = 'rebuild'`,
    ],
  },
  {
    // When each user had each event first. It outlives the events, so that cohorts do not change.
    name: '003-user-first',
    statements: database => [
      `CREATE TABLE IF NOT EXISTS ${qualified(database, 'user_first')} (
  event LowCardinality(String),
  user_key UInt64,
  first SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
  user_id String ALIAS ${keyText('user_key')}
) ENGINE = AggregatingMergeTree
ORDER BY (event, user_key)
SETTINGS ${COMMON}`,
      `CREATE MATERIALIZED VIEW IF NOT EXISTS ${qualified(database, 'user_first_fill')} TO ${qualified(database, 'user_first')} AS
SELECT event, user_key, min(timestamp) AS first
FROM ${qualified(database, 'events')} WHERE user_key != 0 GROUP BY event, user_key`,
    ],
  },
  {
    // A record with the number of its events. Its value (`bytes`) and its headers are in base64: what could not be read need not be text.
    name: '004-dead-letters',
    statements: database => [
      `CREATE TABLE IF NOT EXISTS ${qualified(database, 'dead_letters')} (
  at DateTime64(3, 'UTC'),
  partition UInt32,
  offset Int64,
  reason String,
  events UInt32 DEFAULT 1,
  headers Map(String, String),
  bytes String CODEC(ZSTD)
) ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (at, partition, offset)
SETTINGS ${DROPPED_WHOLE}`,
    ],
  },
  {
    name: '005-ledger',
    statements: database => [
      `CREATE TABLE IF NOT EXISTS ${qualified(database, 'ledger')} (
  partition UInt32,
  minute DateTime64(3, 'UTC'),
  accepted Int64,
  stored Int64,
  duplicates Int64,
  dead_lettered Int64,
  rejected Int64
) ENGINE = SummingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, partition)
SETTINGS ${DROPPED_WHOLE}`,
    ],
  },
  {
    name: '006-alert-history',
    statements: database => [
      `CREATE TABLE IF NOT EXISTS ${qualified(database, 'alert_history')} (
  at DateTime64(3, 'UTC'),
  rule LowCardinality(String),
  severity LowCardinality(String),
  state LowCardinality(String),
  fingerprint String,
  labels Map(String, String),
  value Nullable(Float64),
  threshold Nullable(Float64),
  starts_at DateTime64(3, 'UTC'),
  ends_at Nullable(DateTime64(3, 'UTC'))
) ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (at, rule, fingerprint)
SETTINGS ${DROPPED_WHOLE}`,
    ],
  },
  {
    // How far each partition of a log is stored. The newest record that was stored decides, since offsets fall when a log loses records.
    name: '010-log-positions',
    statements: database => [
      `CREATE TABLE IF NOT EXISTS ${qualified(database, 'log_positions')} (
  log String,
  partition UInt32,
  offset UInt64,
  last_at UInt64,
  window_start UInt64
) ENGINE = ReplacingMergeTree(last_at)
ORDER BY (log, partition)
SETTINGS ${COMMON}`,
    ],
  },
  {
    // Events that outlive the retention, such as the opening of a bug that is still open. Which kinds these are, the metrics say.
    name: '011-durable-events',
    statements: database => [
      `CREATE TABLE IF NOT EXISTS ${qualified(database, 'durable_events')} (
  ${EVENT_COLUMNS}
) ENGINE = ReplacingMergeTree
ORDER BY (event, toStartOfHour(timestamp), user_key, id_key)
SETTINGS ${COMMON}`,
    ],
  },
  {
    // Events of users who asked to be forgotten: they count as accepted no longer.
    name: '012-forgotten',
    statements: database => [`ALTER TABLE ${qualified(database, 'ledger')} ADD COLUMN IF NOT EXISTS forgotten Int64`],
  },
]
