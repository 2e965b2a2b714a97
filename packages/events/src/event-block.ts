import { BLOCK_COLUMNS, derived, type PropertyType, type TrackingPlan } from '@northstar/catalogue'
import { type Block, type BlockColumn, type DictionaryColumn, type KeyColumn, readBlock } from './block/block-reader.ts'
import { integers, numbersOf } from './block/column-values.ts'
import { hashText } from './hash.ts'
import { type Decoded, damaged, type RecordHead } from './record.ts'

type BlockField = (typeof BLOCK_COLUMNS)[number]['field']

/** The events of a record, by column. */
export interface EventBlock {
  readonly rows: number
  readonly event: DictionaryColumn
  readonly timestamp: KeyColumn
  readonly receivedAt: KeyColumn
  /** The pseudonyms of user and session; 0 for none. */
  readonly userKey: KeyColumn
  readonly sessionKey: KeyColumn
  /** By name. A property that no event has is absent. */
  readonly properties: ReadonlyMap<string, BlockColumn>
}

/** Reads a record's value. */
export function decodeEvents(value: Uint8Array, count: number): Decoded<EventBlock> {
  const block = readBlock(value)
  if (typeof block === 'string') return damaged(block)
  if (block.rows !== count) return damaged('rows_do_not_match_count')
  const events = eventsOf(block)
  return events === null ? damaged('missing_column') : { outcome: 'ok', value: events }
}

function eventsOf({ rows, columns }: Block): EventBlock | null {
  const properties = new Map(columns)
  const fixed: Partial<Record<BlockField, BlockColumn>> = {}
  for (const { name, type, field } of BLOCK_COLUMNS) {
    const column = columns.get(name)
    if (column?.type !== type) return null
    fixed[field] = column
    properties.delete(name)
  }
  return { rows, properties, ...(fixed as Pick<EventBlock, BlockField>) }
}

/**
 * Identifies a plan by the names and types of its columns: 16 hexadecimal digits. Ingest writes it into the headers of the events that it
 * has checked; consumers with the same plan do not check the values again.
 */
export function planFingerprint(plan: TrackingPlan): string {
  return hashText(JSON.stringify(plan.columns.map(({ name, type }) => [name, type]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1))))
}

/** Returns the reason that events do not match the plan's columns, or null. All consumers use this check, so that they agree. */
export type EventCheck = (head: RecordHead, events: EventBlock) => string | null

/** ClickHouse's DateTime64(3) holds the years 1900 to 2299. */
const EARLIEST_MS = -2_208_988_800_000
const LATEST_MS = 10_413_791_999_999

/** A property without a column (of a newer plan, for example) is not a mismatch: consumers leave it out. */
export function createEventCheck(plan: TrackingPlan): EventCheck {
  const fingerprint = derived(plan, planFingerprint)
  return (head, events) => {
    for (const { name, type } of plan.columns) {
      const column = events.properties.get(name)
      if (column !== undefined && !holds(column, type)) return `${name}: expected ${type}, found ${column.type}`
    }
    if (head.plan === fingerprint()) return null
    for (const time of integers(events.timestamp.data)) {
      if (!(time >= EARLIEST_MS && time <= LATEST_MS)) return `timestamp: ${time} is out of range`
    }
    for (const { name } of plan.columns) {
      const column = events.properties.get(name)
      if (column?.type !== 'number' && column?.type !== 'integer') continue
      const isValid = column.type === 'number' ? Number.isFinite : Number.isSafeInteger
      for (const value of numbersOf(column)) if (!isValid(value)) return `${name}: ${value} is out of range`
    }
    return null
  }
}

/** Reads and checks a record's events. Returns the reason for the dead letters when they cannot be read or do not match the plan. */
export function readEvents(head: RecordHead, value: Uint8Array, check: EventCheck): EventBlock | string {
  const events = decodeEvents(value, head.count)
  if (events.outcome === 'damaged') return events.reason
  return check(head, events.value) ?? events.value
}

function holds(column: BlockColumn, type: PropertyType): boolean {
  return type === 'string' ? column.type === 'text' || column.type === 'dictionary' : column.type === type
}
