/**
 * Names of the counters' fields. Stores have only these names, so they are short, and they never change for the same aggregate, in any process or
 * version:
 *
 *     CODE               events (or values) without the breakdown's property
 *     CODE=MEMBER        events (or values) of one member of the breakdown
 *     CODE#BIN           a percentile bin, or a limb of a sum, without the property
 *     CODE#BIN=MEMBER    a bin or limb of one member
 *
 * There is a unique set for each of CODE and CODE=MEMBER, and one of all events under the CODE of the aggregate without its breakdown
 * ({@link everybodyField}), which aggregates that differ only in their breakdown share.
 *
 * CODE is six characters from the hash of the aggregate's {@link aggregateKey}. BIN is the name of a bin (ddsketch.ts) or of a limb
 * (exact-sum.ts), which contains no `=`. MEMBER is last, so it may be any text. The ledger's fields begin with `ledger`, also six characters:
 * the first six characters of any field name its group, and stores keep a group's fields together.
 */
import { createHash } from 'node:crypto'
import type { Filter } from '@northstar/catalogue'
import type { Aggregate } from './aggregate.ts'

/** Length of the name of a group, the beginning of a field. */
export const GROUP_LENGTH = 6

/** The counts of the ledger, by the minute of arrival. */
export const LEDGER_ENTRIES = ['accepted', 'duplicates', 'dead_lettered', 'rejected'] as const
export type LedgerEntry = (typeof LEDGER_ENTRIES)[number]

/** Rejected events are also counted by rejection code. */
export type LedgerCount = LedgerEntry | `rejected:${string}`

export function ledgerField(entry: LedgerCount): string {
  return `ledger:${entry}`
}

/** A text that is equal for two aggregates if and only if they count the same. */
export function aggregateKey(aggregate: Aggregate): string {
  return JSON.stringify([
    aggregate.kind,
    [...new Set(aggregate.events)].sort(),
    aggregate.of ?? null,
    aggregate.where.map(filterKey).sort(),
    aggregate.by ?? null,
  ])
}

function filterKey(filter: Filter): string {
  return JSON.stringify([filter.property, filter.op, [...new Set(filter.values.map(value => JSON.stringify(value)))].sort()])
}

/** The first part of an aggregate's fields. */
export function aggregateCode(aggregate: Aggregate): string {
  return createHash('sha256').update(aggregateKey(aggregate)).digest('base64url').slice(0, GROUP_LENGTH)
}

/** The number of events of a kind. It is counted for every kind, independently of the metrics. */
export function countOfKind(kind: string): Aggregate {
  return { kind: 'count', events: [kind], where: [] }
}

/** The field of the unique set of all events, independent of the breakdown. */
export function everybodyField(aggregate: Aggregate): string {
  return aggregateCode({ ...aggregate, by: undefined })
}

/** The part of a field after its code. */
export interface FieldTail {
  readonly bin?: string
  readonly member?: string
}

export function parseField(field: string): FieldTail {
  const mark = field[GROUP_LENGTH]
  if (mark === '=') return { member: field.slice(GROUP_LENGTH + 1) }
  if (mark !== '#') return {}
  const equals = field.indexOf('=', GROUP_LENGTH + 1)
  if (equals < 0) return { bin: field.slice(GROUP_LENGTH + 1) }
  return { bin: field.slice(GROUP_LENGTH + 1, equals), member: field.slice(equals + 1) }
}
