import type { Column } from '@northstar/catalogue'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readBlock } from './block/block-reader.ts'
import { columnValues } from './block/column-values.ts'
import { type BlockPart, concatenate } from './concatenate.ts'
import { decodeEvents } from './event-block.ts'
import { decodeHead, encodeRecord } from './record.ts'
import { encodeRows, type Row } from './row.ts'

const COLUMNS: readonly Column[] = [
  { name: 'amount', type: 'number', lowCardinality: false },
  { name: 'note', type: 'string', lowCardinality: false },
  { name: 'ok', type: 'boolean', lowCardinality: false },
  { name: 'platform', type: 'string', lowCardinality: true },
  { name: 'size', type: 'integer', lowCardinality: false },
]
/** The plan of an earlier time: strings with a dictionary where there is none now, and a property that is gone. */
const EARLIER: readonly Column[] = [
  ...COLUMNS.map(column => (column.type === 'string' ? { ...column, lowCardinality: !column.lowCardinality } : column)),
  { name: 'gone', type: 'string', lowCardinality: false },
]

const hex = fc.stringMatching(/^[0-9a-f]{16}$/)
const value = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const anyRow = fc.record({
  event: fc.constantFrom('sale', 'visit', "it's"),
  id: hex,
  timestamp: fc.integer({ min: 0, max: 2 ** 42 }),
  received_at: fc.integer({ min: 0, max: 2 ** 42 }),
  user_id: fc.oneof(hex, fc.constant('')),
  session_id: hex,
  amount: value(fc.double()),
  note: value(fc.string({ unit: 'binary', maxLength: 200 })),
  ok: value(fc.boolean()),
  platform: value(fc.constantFrom('', 'linux', 'macos', 'naïve 🎈')),
  size: value(fc.maxSafeInteger()),
  gone: value(fc.string()),
})
const anyPart = fc.record({
  earlier: fc.boolean(),
  rows: fc.array(fc.tuple(anyRow, fc.boolean()), { minLength: 1, maxLength: 30 }),
})

function partOf(columns: readonly Column[], rows: readonly Row[], skip: readonly number[]): BlockPart {
  const record = encodeRecord(encodeRows(columns, rows))
  const head = decodeHead(record.headers)
  const events = decodeEvents(record.value, rows.length)
  if (head.outcome !== 'ok' || events.outcome !== 'ok') throw new Error('damaged')
  return { events: events.value, ids: head.value.ids, skip }
}

test('the kept rows of all parts, in order, whatever their plans', () => {
  fc.assert(
    fc.property(fc.array(anyPart, { minLength: 1, maxLength: 6 }), parts => {
      const { rows, value } = concatenate(
        parts.map(({ earlier, rows }) =>
          partOf(
            earlier ? EARLIER : COLUMNS,
            rows.map(([row]) => row as Row),
            rows.flatMap(([, skipped], row) => (skipped ? [row] : [])),
          ),
        ),
        COLUMNS,
      )
      const kept = parts.flatMap(part => part.rows.flatMap(([row, skipped]) => (skipped ? [] : [row])))
      expect(rows).toBe(kept.length)
      const block = readBlock(value)
      if (typeof block === 'string') throw new Error(block)
      expect(block.rows).toBe(kept.length)
      const found = (name: string) => {
        const column = block.columns.get(name)
        return column === undefined ? kept.map(() => null) : columnValues(column, rows)
      }
      for (const name of ['event', 'timestamp', 'received_at', ...COLUMNS.map(column => column.name)])
        expect(found(name), name).toEqual(kept.map(row => row[name as keyof typeof row] ?? null))
      const keys = [
        ['user_key', 'user_id'],
        ['session_key', 'session_id'],
        ['id_key', 'id'],
      ] as const
      for (const [column, field] of keys) expect(found(column), column).toEqual(kept.map(row => row[field].replace(/^0{16}$/, '')))
      expect(block.columns.has('gone')).toBe(false)
    }),
    { numRuns: 300 },
  )
})

test('what a part would not fit is refused rather than turned into something else', () => {
  const row = { event: 'sale', id: '', timestamp: 0, received_at: 0, user_id: '', session_id: '', size: 1.5 }
  const part = partOf([{ name: 'size', type: 'number', lowCardinality: false }], [row], [])
  expect(() => concatenate([part], COLUMNS)).toThrow(TypeError)
})
