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

export const MIGRATIONS: readonly Migration[] = [
  {
    // Properties are added from the tracking plan. Epoch milliseconds in JSON are what DateTime64(3) takes a plain integer for.
    // A replaced row is one that a client repeated after more than the duplicate window; merges remove it.
    name: '001-events',
    statements: database => [
      `CREATE TABLE IF NOT EXISTS ${qualified(database, 'events')} (
  event LowCardinality(String),
  id String,
  timestamp DateTime64(3, 'UTC') CODEC(Delta, LZ4),
  received_at DateTime64(3, 'UTC') CODEC(Delta, LZ4),
  user_id String,
  session_id String
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (event, toStartOfHour(timestamp), user_id, id)
SETTINGS ${DROPPED_WHOLE}`,
    ],
  },
  {
    // When each user did each thing first. It outlives the events, so that a cohort stays what it was.
    name: '003-user-first',
    statements: database => [
      `CREATE TABLE IF NOT EXISTS ${qualified(database, 'user_first')} (
  event LowCardinality(String),
  user_id String,
  first SimpleAggregateFunction(min, DateTime64(3, 'UTC'))
) ENGINE = AggregatingMergeTree
ORDER BY (event, user_id)
SETTINGS ${COMMON}`,
      `CREATE MATERIALIZED VIEW IF NOT EXISTS ${qualified(database, 'user_first_fill')} TO ${qualified(database, 'user_first')} AS
SELECT event, user_id, min(timestamp) AS first
FROM ${qualified(database, 'events')} WHERE user_id != '' GROUP BY event, user_id`,
    ],
  },
  {
    // `bytes` is base64: what could not be read need not be text.
    name: '004-dead-letters',
    statements: database => [
      `CREATE TABLE IF NOT EXISTS ${qualified(database, 'dead_letters')} (
  at DateTime64(3, 'UTC'),
  partition UInt32,
  offset Int64,
  reason String,
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
    // Pseudonyms are 64 bits written as hexadecimal digits: as numbers they are told apart in two thirds of the time.
    name: '007-keys',
    statements: database => [
      `ALTER TABLE ${qualified(database, 'events')}
  ADD COLUMN IF NOT EXISTS user_key UInt64 MATERIALIZED reinterpretAsUInt64(unhex(user_id)),
  ADD COLUMN IF NOT EXISTS session_key UInt64 MATERIALIZED reinterpretAsUInt64(unhex(session_id))`,
    ],
  },
  {
    // Spans are mostly made of whole hours, and an hour takes a tenth of what a timestamp takes to read.
    name: '008-timestamp-hour',
    statements: database => [
      `ALTER TABLE ${qualified(database, 'events')}
  ADD COLUMN IF NOT EXISTS timestamp_hour DateTime('UTC') MATERIALIZED toStartOfHour(timestamp, 'UTC') CODEC(Delta, LZ4)`,
    ],
  },
  {
    // Rows that a merge or a DELETE removes are to leave the rollups too; else the engine refuses to have any beside such a table.
    name: '009-rollups',
    statements: database => [
      `ALTER TABLE ${qualified(database, 'events')}
  MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild', lightweight_mutation_projection_mode = 'rebuild'`,
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
]
