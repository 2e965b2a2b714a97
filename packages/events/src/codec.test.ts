import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeHead, decodeRow, decodeRows, encodeChunk, encodeTally, splitLines } from './codec.ts'
import { idHash, partitionOf } from './hash.ts'
import type { Row } from './row.ts'
import { planFingerprint } from './row-check.ts'
import { rowJson } from './row-json.ts'

const row = (id: string, more: Record<string, string | number | boolean> = {}): Row => ({
  event: 'command_generated',
  id,
  timestamp: 1,
  received_at: 2,
  user_id: '0123456789abcdef',
  session_id: '',
  ...more,
})

const anyRow = fc
  .record({
    id: fc.string({ unit: 'binary', maxLength: 40 }),
    text: fc.string({ unit: 'binary', maxLength: 60 }),
    number: fc.double({ noNaN: true, noDefaultInfinity: true }),
    yes: fc.boolean(),
  })
  .map(({ id, text, number, yes }) => row(id, { text, number: Object.is(number, -0) ? 0 : number, yes }))

describe('a chunk', () => {
  it('gives back every row, whatever its strings hold', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 20 }), rows => {
        const chunk = encodeChunk(rows)
        const head = decodeHead(chunk.headers)
        if (head.outcome !== 'ok') throw new Error(head.reason)
        expect(head.value.count).toBe(rows.length)
        rows.forEach((r, i) => {
          expect([head.value.ids[i * 2], head.value.ids[i * 2 + 1]]).toEqual([idHash(r.id).hi, idHash(r.id).lo])
        })
        expect(decodeRows(chunk.value, rows.length)).toEqual({ outcome: 'ok', value: rows })
        const lines = splitLines(chunk.value, rows.length)
        if (lines.outcome !== 'ok') throw new Error(lines.reason)
        expect(lines.value.map(line => decodeRow(line))).toEqual(rows.map(value => ({ outcome: 'ok', value })))
      }),
    )
  })

  it('says what JSON.stringify would say', () => {
    fc.assert(
      fc.property(anyRow, r => {
        expect(JSON.parse(rowJson(r))).toEqual(JSON.parse(JSON.stringify(r)))
      }),
    )
  })

  it('replaces lone surrogates, which no engine takes', () => {
    expect(JSON.parse(rowJson(row('a\ud800b\udc00c\ud83d\ude00')))).toMatchObject({ id: 'a\ufffdb\ufffdc\ud83d\ude00' })
  })

  it('names the plan that its rows were checked by, or says that nobody checked them', () => {
    const plan = planFingerprint({ events: new Map(), columns: [{ name: 'a', type: 'string', lowCardinality: false }] })
    expect(plan).toMatch(/^[0-9a-f]{16}$/)
    expect(plan).not.toBe(planFingerprint({ events: new Map(), columns: [{ name: 'a', type: 'number', lowCardinality: false }] }))
    expect(decodeHead(encodeChunk([row('a')], plan).headers)).toMatchObject({ outcome: 'ok', value: { plan } })
    expect(decodeHead(encodeChunk([row('a')]).headers)).toMatchObject({ outcome: 'ok', value: { plan: null } })
  })

  it('of no events carries a tally', () => {
    const chunk = encodeTally({ wrong_type: 3 })
    expect(decodeHead(chunk.headers)).toMatchObject({ outcome: 'ok', value: { count: 0, rejected: { wrong_type: 3 } } })
    expect(decodeRows(chunk.value, 0)).toEqual({ outcome: 'ok', value: [] })
  })

  it('is read by its headers in the documented form', () => {
    const { headers, value } = encodeChunk([row('one'), row('two')])
    expect(Buffer.from(headers.v ?? []).toString()).toBe('1')
    expect(Buffer.from(headers.n ?? []).toString()).toBe('2')
    expect(headers.ids).toHaveLength(16)
    expect(Buffer.from(value).toString().split('\n')).toHaveLength(3)
  })
})

describe('a damaged chunk', () => {
  const good = encodeChunk([row('a'), row('b')])
  const bytes = (text: string) => Buffer.from(text)
  it.each([
    ['no_version', { ...good.headers, v: undefined }],
    ['unknown_version', { ...good.headers, v: bytes('2') }],
    ['bad_count', { ...good.headers, n: bytes('-1') }],
    ['bad_count', { ...good.headers, n: undefined }],
    ['ids_do_not_match_count', { ...good.headers, n: bytes('3') }],
    ['bad_tally', { ...good.headers, rejected: bytes('[1]') }],
  ])('says %s of its headers', (reason, headers) => {
    expect(decodeHead(headers as Record<string, Uint8Array>)).toEqual({ outcome: 'damaged', reason })
  })

  it.each([
    ['lines_do_not_match_count', bytes('{}')],
    ['lines_do_not_match_count', bytes('{"event":"a"}\n')],
    ['not_json', bytes('{"event":\n}\n')],
    ['not_a_row', bytes('{}\n7\n')],
  ])('says %s of its value', (reason, value) => {
    expect(decodeRows(value, 2)).toEqual({ outcome: 'damaged', reason })
  })

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.nat(5), (value, header, count) => {
        decodeRows(value, count)
        splitLines(value, count)
        decodeRow(value)
        decodeHead({ v: bytes('1'), n: header, ids: value, rejected: header })
      }),
    )
  })
})

describe('the partition', () => {
  it('is the same for one user, and even over many', () => {
    const counts = [0, 0, 0, 0, 0, 0, 0, 0]
    for (let i = 0; i < 8_000; i++) {
      const user = idHash(`user ${i}`).hi.toString(16).padStart(16, '0')
      const partition = partitionOf({ user_id: user, session_id: String(i), id: 'x' }, 8)
      expect(partitionOf({ user_id: user, session_id: 'other', id: 'y' }, 8)).toBe(partition)
      counts[partition] = (counts[partition] ?? 0) + 1
    }
    for (const count of counts) expect(count).toBeGreaterThan(800)
  })
})
