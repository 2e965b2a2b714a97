import { qualified } from '../statements.ts'

/** A step that runs once and is never edited: a change is a new step. Every statement can be repeated. */
export interface Migration {
  readonly name: string
  statements(database: string): readonly string[]
}

/**
 * The number of blocks whose tokens a table remembers. An insert has one block for each month of its rows, and only an announced insert that was not
 * completed is repeated, so far fewer would suffice. A block costs some hundred bytes.
 * On replicated tables the settings are `replicated_deduplication_window` and `…_window_seconds`, kept in Keeper.
 */
const REMEMBERED_BLOCKS = 10_000

/**
 * An insert is on disk when it is acknowledged: a power cut must not lose rows that the log's group has committed as stored. Merged parts need no such
 * flush, since replaced parts are kept for some minutes.
 */
const FLUSHED = 'fsync_after_insert = 1, fsync_part_directory = 1'
const COMMON = `non_replicated_deduplication_window = ${REMEMBERED_BLOCKS}, ${FLUSHED}`
const DROPPED_WHOLE = `${COMMON}, ttl_only_drop_parts = 1`

/** Tables with a retention, with the column of their rows' age. */
export const AGEING: readonly (readonly [table: string, column: string])[] = [
  ['events', 'timestamp'],
  ['dead_letters', 'at'],
  ['ledger', 'minute'],
  ['alert_history', 'at'],
]

/** The text of a key: 16 hexadecimal digits, '' for 0. */
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
    // Pseudonyms and identities are 64-bit numbers, with their text as aliases. Merges remove rows that a client repeated after the duplicate window, also from the projections.
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
    // The first time of each event for each user. It is kept beyond the events' retention, so that cohorts do not change.
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
    // A record with the number of its events. Its value (`bytes`) and its headers are in base64, since an unreadable record may not be text.
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
    // The position up to which each partition of a log is stored. The time of the newest stored record decides, since offsets fall if a log loses records.
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
    // Events that are kept beyond the retention, such as the opening of a bug that is still open. The metrics name their kinds.
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
    // Events of erased users, which no longer count as accepted.
    name: '012-forgotten',
    statements: database => [`ALTER TABLE ${qualified(database, 'ledger')} ADD COLUMN IF NOT EXISTS forgotten Int64`],
  },
]
