import type { BlockDamage } from './block/block-reader.ts'
import type { WrittenBlock } from './block/block-writer.ts'

/** The version of records that this code writes and reads. */
export const RECORD_VERSION = '2'

/** A log record: the events of one partition that were written together. */
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
  /** The fingerprint of the plan that ingest checked the events by; null for a record that something else wrote. */
  readonly plan: string | null
  /** Whether the value holds identities of another partition's events, which count as preceding ones. Such a record has no events. */
  readonly seed: boolean
  /** How many events ingest rejected since its last tally, by code; null in a record that is no tally. */
  readonly rejected: Readonly<Record<string, number>> | null
}

/** Why a record cannot be read. Its bytes go to the dead letters with this reason. */
export type RecordDamage =
  | 'no_version'
  | 'unknown_version'
  | 'bad_count'
  | 'ids_do_not_match_count'
  | 'bad_tally'
  | 'rows_do_not_match_count'
  | 'missing_column'
  | BlockDamage

export type Decoded<T> = { readonly outcome: 'ok'; readonly value: T } | { readonly outcome: 'damaged'; readonly reason: RecordDamage }

const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const VERSION = ascii(RECORD_VERSION)
export const damaged = (reason: RecordDamage): Decoded<never> => ({ outcome: 'damaged', reason })

/** @param plan the fingerprint of the plan that every event was checked by */
export function encodeRecord({ rows, value, ids }: WrittenBlock, plan?: string): EncodedRecord {
  return { value, headers: { v: VERSION, n: ascii(String(rows)), ids, ...(plan !== undefined && { plan: ascii(plan) }) } }
}

/** A record without events that adds to the ledger how many were rejected, by code. */
export function encodeTally(rejected: Readonly<Record<string, number>>): EncodedRecord {
  const empty = new Uint8Array(0)
  return { value: empty, headers: { v: VERSION, n: ascii('0'), ids: empty, rejected: ascii(JSON.stringify(rejected)) } }
}

/** A record without events at the beginning of a partition that takes over users of another one: the identities of that one's newest events. */
export function encodeSeed(ids: Uint8Array): EncodedRecord {
  return { value: ids, headers: { v: VERSION, n: ascii('0'), ids: new Uint8Array(0), seed: ascii('1') } }
}

/** The identities of a record's events, or those that it brings along: 8 bytes each. */
export function idsOfRecord({ headers, value }: EncodedRecord): Uint8Array {
  const head = decodeHead(headers)
  if (head.outcome === 'damaged') return new Uint8Array(0)
  return head.value.seed ? value : (headers.ids ?? new Uint8Array(0))
}

/** Reads the headers alone: enough to find duplicates. */
export function decodeHead(headers: Readonly<Record<string, Uint8Array>>): Decoded<RecordHead> {
  const { v, n, ids } = headers
  if (v === undefined) return damaged('no_version')
  if (text(v) !== RECORD_VERSION) return damaged('unknown_version')
  const count = n === undefined ? Number.NaN : parseCount(text(n))
  if (Number.isNaN(count)) return damaged('bad_count')
  if (ids === undefined || ids.length !== count * 8) return damaged('ids_do_not_match_count')
  const words = new Uint32Array(count * 2)
  new Uint8Array(words.buffer).set(ids)
  const plan = headers.plan === undefined ? null : text(headers.plan)
  const seed = headers.seed !== undefined
  if (seed && count > 0) return damaged('bad_count')
  if (headers.rejected === undefined) return { outcome: 'ok', value: { count, ids: words, plan, seed, rejected: null } }
  const rejected = parseTally(text(headers.rejected))
  return rejected === null ? damaged('bad_tally') : { outcome: 'ok', value: { count, ids: words, plan, seed, rejected } }
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
