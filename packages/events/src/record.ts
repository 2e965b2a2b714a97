import type { BlockDamage } from './block/block-reader.ts'
import type { WrittenBlock } from './block/block-writer.ts'
import { wordsOf } from './block/column-values.ts'

/** The version of records that this code writes and reads. */
export const RECORD_VERSION = '2'

/** A log record: events of one partition that were written together. */
export interface EncodedRecord {
  /** One block in ClickHouse's `Native` format. Empty in a tally; identities in a seed. */
  readonly value: Uint8Array
  readonly headers: Readonly<Record<string, Uint8Array>>
}

/** A record's headers. */
export interface RecordHead {
  /** How many events the record holds. */
  readonly count: number
  /** The identities of the events in the order of the rows, each as its low and its high word: `2 * count` words. */
  readonly ids: Uint32Array
  /** Erased rows, ascending, in the numbering of the record as it was written. They are no longer in its block. */
  readonly erased: Uint32Array
  /** The identities of all events as the record was written, erased ones included. */
  readonly allIds: Uint32Array
  /** The fingerprint of the plan that ingest validated the events against; null when they were not validated. */
  readonly plan: string | null
  /** Whether the value holds identities of another partition's events, which count as preceding events. Such a record has no events. */
  readonly seed: boolean
  /** Whether the events are quarantined; they have the columns `QUARANTINE_COLUMNS`. */
  readonly quarantine: boolean
  /** How many events ingest rejected since its last tally, by code; null in any other record. */
  readonly rejected: Readonly<Record<string, number>> | null
}

/** The reason that a record cannot be read. Its bytes go to the dead letters with it. */
export type RecordDamage =
  | 'no_version'
  | 'unknown_version'
  | 'bad_count'
  | 'ids_do_not_match_count'
  | 'bad_tally'
  | 'bad_erasure'
  | 'rows_do_not_match_count'
  | 'missing_column'
  | BlockDamage

export type Decoded<T> = { readonly outcome: 'ok'; readonly value: T } | { readonly outcome: 'damaged'; readonly reason: RecordDamage }

const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const VERSION = ascii(RECORD_VERSION)
export const damaged = (reason: RecordDamage): Decoded<never> => ({ outcome: 'damaged', reason })

/** @param plan fingerprint of the plan that every event was validated against */
export function encodeRecord({ rows, value, ids }: WrittenBlock, plan?: string): EncodedRecord {
  return { value, headers: { v: VERSION, n: ascii(String(rows)), ids, ...(plan !== undefined && { plan: ascii(plan) }) } }
}

/** A record of quarantined events. */
export function encodeQuarantine(block: WrittenBlock): EncodedRecord {
  const { value, headers } = encodeRecord(block)
  return { value, headers: { ...headers, quarantine: ascii('1') } }
}

/** A record without events that adds rejected events to the ledger, by code. */
export function encodeTally(rejected: Readonly<Record<string, number>>): EncodedRecord {
  const empty = new Uint8Array(0)
  return { value: empty, headers: { v: VERSION, n: ascii('0'), ids: empty, rejected: ascii(JSON.stringify(rejected)) } }
}

/** A record without events, written to a partition that takes over users of another one: the identities of that one's newest events. */
export function encodeSeed(ids: Uint8Array): EncodedRecord {
  return { value: ids, headers: { v: VERSION, n: ascii('0'), ids: new Uint8Array(0), seed: ascii('1') } }
}

/** The identities of a record's events, or those of a seed: 8 bytes each. */
export function idsOfRecord({ headers, value }: EncodedRecord): Uint8Array {
  const head = decodeHead(headers)
  if (head.outcome === 'damaged') return new Uint8Array(0)
  return head.value.seed ? value : (headers.ids ?? new Uint8Array(0))
}

/** Reads the headers, which are enough to find duplicates. */
export function decodeHead(headers: Readonly<Record<string, Uint8Array>>): Decoded<RecordHead> {
  const { v, n, ids } = headers
  if (v === undefined) return damaged('no_version')
  if (text(v) !== RECORD_VERSION) return damaged('unknown_version')
  const written = n === undefined ? Number.NaN : parseCount(text(n))
  if (Number.isNaN(written)) return damaged('bad_count')
  if (ids === undefined || ids.length !== written * 8) return damaged('ids_do_not_match_count')
  const allIds = wordsOf(ids)
  const erased = headers.erased === undefined ? NONE : erasedRows(headers.erased, written)
  if (erased === null) return damaged('bad_erasure')
  const plan = headers.plan === undefined ? null : text(headers.plan)
  const rejected = headers.rejected === undefined ? null : parseTally(text(headers.rejected))
  if (headers.rejected !== undefined && rejected === null) return damaged('bad_tally')
  const seed = headers.seed !== undefined
  if (seed && written > 0) return damaged('bad_count')
  const count = written - erased.length
  return {
    outcome: 'ok',
    value: {
      count,
      ids: withoutErased(allIds, erased),
      erased,
      allIds,
      plan,
      seed,
      quarantine: headers.quarantine !== undefined,
      rejected,
    },
  }
}

const NONE = new Uint32Array(0)

/** Null for rows that are not ascending, or beyond the record. */
function erasedRows(bytes: Uint8Array, written: number): Uint32Array | null {
  if (bytes.length % 4 !== 0) return null
  const rows = wordsOf(bytes)
  return rows.every((row, i) => row < written && (i === 0 || row > (rows[i - 1] as number))) ? rows : null
}

function withoutErased(ids: Uint32Array, erased: Uint32Array): Uint32Array {
  if (erased.length === 0) return ids
  const gone = new Set(erased)
  return ids.filter((_, word) => !gone.has(word >> 1))
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
