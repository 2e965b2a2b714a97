import type { Column } from '@northstar/catalogue'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DuplicateWindow } from './duplicates.ts'
import { createUserSet, eraseUsers } from './erasure.ts'
import { decodeEvents } from './event-block.ts'
import { decodeHead, type EncodedRecord, encodeRecord } from './record.ts'
import { addRecord } from './repeats.ts'
import { encodeRows, type Row, rowsOf } from './row.ts'

const COLUMNS: readonly Column[] = [
  { name: 'category', type: 'string', lowCardinality: true },
  { name: 'number', type: 'number', lowCardinality: false },
  { name: 'text', type: 'string', lowCardinality: false },
  { name: 'yes', type: 'boolean', lowCardinality: false },
]
const USERS = ['1111111111111111', '2222222222222222', '3333333333333333', '']

const anyRow = fc.record(
  {
    event: fc.constantFrom('crash', 'command_generated'),
    id: fc.constantFrom('aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb', 'cccccccccccccccc', 'dddddddddddddddd'),
    timestamp: fc.nat(),
    received_at: fc.nat(),
    user_id: fc.constantFrom(...USERS),
    session_id: fc.constant(''),
    category: fc.constantFrom('files', 'network', 'git'),
    number: fc.double({ noNaN: true }),
    text: fc.string({ maxLength: 300 }),
    yes: fc.boolean(),
  },
  { requiredKeys: ['event', 'id', 'timestamp', 'received_at', 'user_id', 'session_id'] },
) as fc.Arbitrary<Row>

function read(record: EncodedRecord) {
  const head = decodeHead(record.headers)
  if (head.outcome !== 'ok') throw new Error(head.reason)
  if (head.value.count === 0) return { head: head.value, rows: [] }
  const events = decodeEvents(record.value, head.value.count)
  if (events.outcome !== 'ok') throw new Error(events.reason)
  return { head: head.value, rows: rowsOf(events.value, head.value.ids) }
}

describe('erasing users from a record', () => {
  it('leaves the other rows as they were, and the same decisions about repeats, however often users are erased', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 30 }), fc.shuffledSubarray(USERS.slice(0, 3)), (rows, forgotten) => {
        const original = encodeRecord(encodeRows(COLUMNS, rows), 'plan')
        const window = new DuplicateWindow(100)
        const repeats = new Set(addRecord(window, 0, read(original).head, original.value))
        let record: EncodedRecord = original
        for (const user of forgotten) record = eraseUsers(record, createUserSet([user])) ?? record
        const kept = rows.map((row, index) => ({ row, place: index })).filter(({ row }) => !forgotten.includes(row.user_id))
        const { head, rows: left } = read(record)
        expect(left).toEqual(kept.map(({ row }) => row))
        expect(head.plan).toBe('plan')
        const again = addRecord(new DuplicateWindow(100), 0, head, record.value)
        expect(again).toEqual(kept.flatMap(({ place }, at) => (repeats.has(place) ? [at] : [])))
      }),
    )
  })

  it('leaves no byte of the user, of its texts and of its members of a dictionary', () => {
    const base = { event: 'crash', timestamp: 1, received_at: 2, session_id: '' }
    const mine: Row = { ...base, id: 'aaaaaaaaaaaaaaaa', user_id: '0123456789abcdef', text: 'only mine', category: 'my category' }
    const other: Row = { ...base, id: 'bbbbbbbbbbbbbbbb', user_id: 'fedcba9876543210', text: 'another', category: 'git' }
    const users = createUserSet([mine.user_id])
    const record = encodeRecord(encodeRows(COLUMNS, [mine, other]))
    expect(users.occursIn(record.value)).toBe(true)
    const erased = eraseUsers(record, users)
    expect(erased?.rows).toEqual([{ row: 0, user: { high: 0x01234567, low: 0x89abcdef } }])
    const bytes = Buffer.from(erased?.value ?? [])
    expect(users.occursIn(bytes)).toBe(false)
    for (const text of ['only mine', 'my category']) expect(bytes.includes(text)).toBe(false)
    expect(bytes.includes('another')).toBe(true)
    expect(eraseUsers(erased ?? record, users)).toBeNull()
  })

  it('leaves a record without rows where all were the user’s', () => {
    const row: Row = { event: 'crash', id: 'aaaaaaaaaaaaaaaa', timestamp: 1, received_at: 2, user_id: '0123456789abcdef', session_id: '' }
    const erased = eraseUsers(encodeRecord(encodeRows(COLUMNS, [row, row])), createUserSet([row.user_id]))
    expect(erased?.value).toHaveLength(0)
    expect(read(erased as EncodedRecord)).toMatchObject({ head: { count: 0, allIds: { length: 4 } }, rows: [] })
  })

  it('refuses to read a header that names rows that were never there', () => {
    const row: Row = { event: 'crash', id: 'aaaaaaaaaaaaaaaa', timestamp: 1, received_at: 2, user_id: '', session_id: '' }
    const { headers } = encodeRecord(encodeRows(COLUMNS, [row]))
    for (const erased of [
      [1, 0, 0, 0],
      [0, 0],
      [0, 0, 0, 0, 0, 0, 0, 0],
    ]) {
      expect(decodeHead({ ...headers, erased: Uint8Array.from(erased) })).toEqual({ outcome: 'damaged', reason: 'bad_erasure' })
    }
  })
})
