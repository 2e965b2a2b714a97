import { writeIdHash } from './hash.ts'
import type { Row } from './row.ts'
import { rowJson } from './row-json.ts'

/** The schema version that this code writes and reads. */
export const CHUNK_VERSION = '1'

/** One log record: the events of one partition that were written together. */
export interface Chunk {
  /** Rows as JSON, one a line, each line ended by a newline. Empty for a tally. */
  readonly value: Uint8Array
  readonly headers: Readonly<Record<string, Uint8Array>>
}

/** A chunk's headers, read. */
export interface ChunkHead {
  /** How many events the chunk holds. */
  readonly count: number
  /** The 64-bit hash of each event's id as a big-endian pair of words, in the order of the rows: `2 * count` words. */
  readonly ids: Uint32Array
  /** The plan that the rows were checked by before they were written, as `planFingerprint` names it; null when nobody has checked them. */
  readonly plan: string | null
  /** How many events ingest refused since its last tally, by code; null in a chunk that carries none. */
  readonly rejected: Readonly<Record<string, number>> | null
}

/** Why a chunk cannot be read. The bytes go to the dead letters, with this. */
export type Damage =
  | 'no_version'
  | 'unknown_version'
  | 'bad_count'
  | 'ids_do_not_match_count'
  | 'bad_tally'
  | 'lines_do_not_match_count'
  | 'not_json'
  | 'not_a_row'

export type Decoded<T> = { readonly outcome: 'ok'; readonly value: T } | { readonly outcome: 'damaged'; readonly reason: Damage }

const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const VERSION = ascii(CHUNK_VERSION)
const damaged = (reason: Damage): Decoded<never> => ({ outcome: 'damaged', reason })

/**
 * Makes a chunk from lines that {@link rowJson} made and the ids of their events.
 * @param plan the plan that every row was checked by, as `planFingerprint` names it
 */
export function encodeLines(lines: readonly string[], ids: readonly string[], plan?: string): Chunk {
  const hashes = new Uint8Array(ids.length * 8)
  const view = new DataView(hashes.buffer)
  for (let i = 0; i < ids.length; i++) writeIdHash(view, i * 8, ids[i] ?? '')
  const text = lines.length === 0 ? '' : `${lines.join('\n')}\n`
  const headers = { v: VERSION, n: ascii(String(lines.length)), ids: hashes, ...(plan !== undefined && { plan: ascii(plan) }) }
  return { value: Buffer.from(text, 'utf8'), headers }
}

/** Makes a chunk from rows of one partition; `plan` as in {@link encodeLines}. */
export function encodeChunk(rows: readonly Row[], plan?: string): Chunk {
  return encodeLines(
    rows.map(rowJson),
    rows.map(row => row.id),
    plan,
  )
}

/** A chunk of no events that tells the ledger how many were refused, by code. */
export function encodeTally(rejected: Readonly<Record<string, number>>): Chunk {
  const empty = new Uint8Array(0)
  return { value: empty, headers: { v: VERSION, n: ascii('0'), ids: empty, rejected: ascii(JSON.stringify(rejected)) } }
}

/** Reads the headers alone: enough to find duplicates. */
export function decodeHead(headers: Readonly<Record<string, Uint8Array>>): Decoded<ChunkHead> {
  const { v, n, ids } = headers
  if (v === undefined) return damaged('no_version')
  if (text(v) !== CHUNK_VERSION) return damaged('unknown_version')
  const count = n === undefined ? Number.NaN : parseCount(text(n))
  if (Number.isNaN(count)) return damaged('bad_count')
  if (ids === undefined || ids.length !== count * 8) return damaged('ids_do_not_match_count')
  const words = new Uint32Array(count * 2)
  const view = new DataView(ids.buffer, ids.byteOffset, ids.byteLength)
  for (let i = 0; i < words.length; i++) words[i] = view.getUint32(i * 4)
  const plan = headers.plan === undefined ? null : text(headers.plan)
  if (headers.rejected === undefined) return { outcome: 'ok', value: { count, ids: words, plan, rejected: null } }
  const rejected = parseTally(text(headers.rejected))
  return rejected === null ? damaged('bad_tally') : { outcome: 'ok', value: { count, ids: words, plan, rejected } }
}

/** The bytes of each row, without line ends. Views of `value`: nothing is copied. */
export function splitLines(value: Uint8Array, count: number): Decoded<readonly Uint8Array[]> {
  const lines = new Array<Uint8Array>(count)
  let start = 0
  for (let i = 0; i < count; i++) {
    const end = value.indexOf(10, start)
    if (end < 0) return damaged('lines_do_not_match_count')
    lines[i] = value.subarray(start, end)
    start = end + 1
  }
  return start === value.length ? { outcome: 'ok', value: lines } : damaged('lines_do_not_match_count')
}

/** Every row, parsed. */
export function decodeRows(value: Uint8Array, count: number): Decoded<readonly Row[]> {
  if (count === 0) return value.length === 0 ? { outcome: 'ok', value: [] } : damaged('lines_do_not_match_count')
  const body = text(value)
  if (!body.endsWith('\n')) return damaged('lines_do_not_match_count')
  let rows: unknown
  try {
    // One parse of the whole is quicker than one of each line; rows hold no raw line ends, so a line is a row.
    rows = JSON.parse(`[${body.slice(0, -1).replaceAll('\n', ',')}]`)
  } catch {
    return damaged('not_json')
  }
  if (!Array.isArray(rows) || rows.length !== count) return damaged('lines_do_not_match_count')
  return rows.every(isRow) ? { outcome: 'ok', value: rows } : damaged('not_a_row')
}

/** One row from its line: what is left to do when a chunk as a whole cannot be read. */
export function decodeRow(line: Uint8Array): Decoded<Row> {
  try {
    const row: unknown = JSON.parse(text(line))
    return isRow(row) ? { outcome: 'ok', value: row } : damaged('not_a_row')
  } catch {
    return damaged('not_json')
  }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')

function parseCount(digits: string): number {
  return /^\d{1,9}$/.test(digits) ? Number(digits) : Number.NaN
}

function parseTally(json: string): Record<string, number> | null {
  try {
    const tally: unknown = JSON.parse(json)
    if (typeof tally !== 'object' || tally === null || Array.isArray(tally)) return null
    const entries: [string, number][] = []
    for (const [code, n] of Object.entries(tally)) {
      if (typeof n !== 'number' || !Number.isSafeInteger(n) || n < 0) return null
      entries.push([code, n])
    }
    return Object.fromEntries(entries)
  } catch {
    return null
  }
}

function isRow(row: unknown): row is Row {
  if (typeof row !== 'object' || row === null) return false
  const { event, id, timestamp, received_at, user_id, session_id } = row as Partial<Row>
  return (
    typeof event === 'string' &&
    typeof id === 'string' &&
    typeof timestamp === 'number' &&
    typeof received_at === 'number' &&
    typeof user_id === 'string' &&
    typeof session_id === 'string'
  )
}
