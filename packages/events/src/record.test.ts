import type { Column } from '@northstar/catalogue'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEventCheck, decodeEvents, planFingerprint } from './event-block.ts'
import { hashText } from './hash.ts'
import { decodeHead, encodeRecord, encodeTally } from './record.ts'
import { encodeRows, type Row, rowsOf } from './row.ts'

const COLUMNS: readonly Column[] = [
  { name: 'number', type: 'number', lowCardinality: false },
  { name: 'text', type: 'string', lowCardinality: false },
  { name: 'whole', type: 'integer', lowCardinality: false },
  { name: 'yes', type: 'boolean', lowCardinality: false },
]
const plan = { events: new Map(), columns: COLUMNS }

const row = (id: string, more: Record<string, string | number | boolean> = {}): Row => ({
  event: 'command_generated',
  id,
  timestamp: 1,
  received_at: 2,
  user_id: '0123456789abcdef',
  session_id: '',
  ...more,
})

/** The rows of a record, as a reader of the log sees them. */
function readRows(rows: readonly Row[]): readonly Row[] {
  const record = encodeRecord(encodeRows(COLUMNS, rows))
  const head = decodeHead(record.headers)
  if (head.outcome !== 'ok') throw new Error(head.reason)
  const events = decodeEvents(record.value, head.value.count)
  if (events.outcome !== 'ok') throw new Error(events.reason)
  return rowsOf(events.value, head.value.ids)
}

describe('a record', () => {
  it('returns every row; ids that are not identities are hashed', () => {
    const anyRow = fc
      .record({
        id: fc.string({ maxLength: 40 }),
        text: fc.string({ unit: 'binary', maxLength: 60 }),
        number: fc.double({ noNaN: true }),
        whole: fc.maxSafeInteger(),
        yes: fc.boolean(),
      })
      .map(({ id, ...more }) => row(hashText(id), more))
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 20 }), rows => {
        expect(readRows(rows)).toEqual(rows)
      }),
    )
    expect(readRows([row('one')])[0]?.id).toBe(hashText('one'))
  })

  it('leaves out what is no column of the plan', () => {
    expect(readRows([row('0123456789abcdef', { unknown: 1, yes: true })])).toEqual([row('0123456789abcdef', { yes: true })])
  })

  it('names the plan that its events were checked by, if they were checked', () => {
    const fingerprint = planFingerprint(plan)
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/)
    expect(fingerprint).not.toBe(planFingerprint({ ...plan, columns: COLUMNS.slice(1) }))
    const written = encodeRows(COLUMNS, [row('a')])
    expect(decodeHead(encodeRecord(written, fingerprint).headers)).toMatchObject({ outcome: 'ok', value: { plan: fingerprint } })
    expect(decodeHead(encodeRecord(written).headers)).toMatchObject({ outcome: 'ok', value: { plan: null } })
  })

  it('without events carries a tally', () => {
    expect(decodeHead(encodeTally({ wrong_type: 3 }).headers)).toMatchObject({
      outcome: 'ok',
      value: { count: 0, rejected: { wrong_type: 3 } },
    })
  })

  it('has headers in the documented form', () => {
    const { headers } = encodeRecord(encodeRows(COLUMNS, [row('00000001000000ff'), row('0000000200000003')]))
    expect(Buffer.from(headers.v ?? []).toString()).toBe('2')
    expect(Buffer.from(headers.n ?? []).toString()).toBe('2')
    expect(Buffer.from(headers.ids ?? []).toString('hex')).toBe('ff00000001000000' + '0300000002000000')
  })
})

describe('a damaged record', () => {
  const good = encodeRecord(encodeRows(COLUMNS, [row('a'), row('b')]))
  const bytes = (text: string) => Buffer.from(text)
  it.each([
    ['no_version', { ...good.headers, v: undefined }],
    ['unknown_version', { ...good.headers, v: bytes('1') }],
    ['bad_count', { ...good.headers, n: bytes('-1') }],
    ['bad_count', { ...good.headers, n: undefined }],
    ['ids_do_not_match_count', { ...good.headers, n: bytes('3') }],
    ['bad_tally', { ...good.headers, rejected: bytes('[1]') }],
  ])('says %s of its headers', (reason, headers) => {
    expect(decodeHead(headers as Record<string, Uint8Array>)).toEqual({ outcome: 'damaged', reason })
  })

  it.each([
    ['rows_do_not_match_count', encodeRows(COLUMNS, [row('a')]).value],
    ['block_cut_off', good.value.subarray(0, -1)],
    ['block_too_long', Buffer.concat([good.value, bytes('x')])],
    ['missing_column', Buffer.from([0, 2])],
  ])('says %s of its value', (reason, value) => {
    expect(decodeEvents(value, 2)).toEqual({ outcome: 'damaged', reason })
  })

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.nat(5), (value, header, count) => {
        decodeEvents(value, count)
        decodeHead({ v: bytes('2'), n: header, ids: value, rejected: header })
      }),
    )
  })
})

describe('the check of a record against a plan', () => {
  const check = createEventCheck(plan)
  const reasonOf = (columns: readonly Column[], rows: readonly Row[], checkedBy?: string) => {
    const record = encodeRecord(encodeRows(columns, rows), checkedBy)
    const head = decodeHead(record.headers)
    const events = decodeEvents(record.value, rows.length)
    if (head.outcome !== 'ok' || events.outcome !== 'ok') throw new Error('damaged')
    return check(head.value, events.value)
  }
  const all = { number: 1.5, text: 'a', whole: 3, yes: false }

  it('accepts what fits, with a dictionary or without, and what the plan does not know', () => {
    const others = [...COLUMNS, { name: 'new', type: 'string', lowCardinality: false } as const]
    expect(reasonOf(others, [row('a', { ...all, new: 'x' }), row('b')])).toBeNull()
    expect(reasonOf([{ name: 'text', type: 'string', lowCardinality: true }], [row('a', { text: 'x' })])).toBeNull()
  })

  it.each([
    ['number: expected number, found text', { name: 'number', type: 'string', lowCardinality: false }, 'x'],
    ['text: expected string, found integer', { name: 'text', type: 'integer', lowCardinality: false }, 7],
    ['whole: expected integer, found number', { name: 'whole', type: 'number', lowCardinality: false }, 7],
    ['yes: expected boolean, found dictionary', { name: 'yes', type: 'string', lowCardinality: true }, 'true'],
  ] as const)('%s', (reason, column, value) => {
    for (const checkedBy of [undefined, planFingerprint(plan)])
      expect(reasonOf([column], [row('a'), row('b', { [column.name]: value })], checkedBy)).toBe(reason)
  })

  it('looks at values that ingest did not check by the same plan', () => {
    const rows = [row('a', { number: Number.NaN })]
    expect(reasonOf(COLUMNS, rows)).toBe('number: NaN is out of range')
    expect(reasonOf(COLUMNS, rows, 'another plan')).toBe('number: NaN is out of range')
    expect(reasonOf(COLUMNS, [row('a', { whole: 2 ** 60 })])).toMatch(/whole: .* is out of range/)
    expect(reasonOf(COLUMNS, [{ ...row('a'), timestamp: 1e15 }])).toMatch(/timestamp: .* is out of range/)
  })
})
