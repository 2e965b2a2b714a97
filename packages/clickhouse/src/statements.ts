/**
 * SQL of both adapters. It contains no unchecked external text: names and tokens are checked here, values are parameters.
 */
import { sqlLiteral } from '@northstar/catalogue'

const TOKEN = /^[A-Za-z0-9_:-]{1,128}$/
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/

/** Time limit of an insert, ms. It is repeated under its token, so a premature limit is harmless. */
export const INSERT_TIMEOUT_MS = 120_000

/**
 * The settings of an insert. They are part of the statement because the engine in process keeps separately set ones: a token that stays set would make
 * later inserts vanish.
 */
const INSERT_SETTINGS: readonly string[] = [
  'async_insert = 0',
  // After a crash a repeated insert fills a view only if the view's table checks the token too.
  'insert_deduplicate = 1',
  'deduplicate_blocks_in_dependent_materialized_views = 1',
  'materialized_views_ignore_errors = 0',
  // One insert is one block: rows are refused together, and a token names one block for each month that the rows touch.
  'max_insert_block_size = 100000000',
  'min_insert_block_size_rows = 100000000',
  'min_insert_block_size_bytes = 0',
  'max_insert_threads = 1',
  'max_partitions_per_insert_block = 0',
  // Replacing and summing can wait for merges: done at insert they cost a third of the speed.
  'optimize_on_insert = 0',
  // Parallel parsing is slower at these sizes and splits blocks at the ends of its chunks.
  'input_format_parallel_parsing = 0',
  // A value of another type than its column is refused, as the counters refuse it, instead of being converted.
  'input_format_json_read_numbers_as_strings = 0',
  'input_format_json_read_bools_as_strings = 0',
  'input_format_json_read_bools_as_numbers = 0',
  'input_format_json_read_arrays_as_strings = 0',
  'input_format_json_read_objects_as_strings = 0',
  // A row written under a newer plan is stored without the columns that this table does not have yet.
  'input_format_skip_unknown_fields = 1',
  'input_format_allow_errors_num = 0',
  'input_format_allow_errors_ratio = 0',
]

/** The format of inserted rows. */
export type InsertFormat = 'JSONEachRow' | 'Native'

/** @throws TypeError for a token that {@link Warehouse.insert} does not allow */
export function insertSettings(token: string): string {
  if (!TOKEN.test(token)) throw new TypeError(`not a deduplication token: ${JSON.stringify(token)}`)
  return `SETTINGS ${INSERT_SETTINGS.join(', ')}, insert_deduplication_token = '${token}'`
}

/** `database`.`table`. @throws TypeError for anything but plain names */
export function qualified(database: string, table: string): string {
  for (const name of [database, table]) if (!NAME.test(name)) throw new TypeError(`not a name of a table: ${JSON.stringify(name)}`)
  return `${identifier(database)}.${identifier(table)}`
}

/** Any text as an identifier. */
export function identifier(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``
}

/** Any text as a string literal. */
export const literal = (text: string): string => sqlLiteral(text)

/** Splits rows into chunks that can be sent in order; each row ends with a line end. */
export function lineChunks(rows: readonly Uint8Array[]): Uint8Array[] {
  return rows.flatMap(row => (row.length === 0 ? [] : row.at(-1) === NEWLINE_BYTE ? [row] : [row, NEWLINE]))
}

const NEWLINE_BYTE = 10
const NEWLINE = Buffer.from('\n')
