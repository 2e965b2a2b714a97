import type { Column } from '@northstar/catalogue'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NO_KEY } from '../key.ts'
import { type Block, readBlock } from './block-reader.ts'
import { BlockWriter } from './block-writer.ts'
import type { Scalar } from './column-builders.ts'
import { columnValues } from './column-values.ts'

const COLUMNS: readonly Column[] = [
  { name: 'amount', type: 'number', lowCardinality: false },
  { name: 'note', type: 'string', lowCardinality: false },
  { name: 'ok', type: 'boolean', lowCardinality: false },
  { name: 'platform', type: 'string', lowCardinality: true },
  { name: 'size', type: 'integer', lowCardinality: false },
]

type Properties = readonly (Scalar | undefined)[]

const AT = Date.UTC(2026, 0, 15, 12)
const fixed = (row: number) => ({
  event: row % 3 === 0 ? 'sale' : 'visit',
  timestamp: AT + row,
  receivedAt: AT + 2 * row,
  user: { high: row, low: 0xffff_ffff - row },
})

function write(writer: BlockWriter, rows: readonly Properties[]) {
  rows.forEach((properties, row) => {
    const { event, timestamp, receivedAt, user } = fixed(row)
    writer.begin(event, timestamp, receivedAt, user, NO_KEY, { high: 7, low: row })
    properties.forEach((value, column) => {
      if (value !== undefined) writer.set(column, value)
    })
  })
  return writer.take()
}

function read(value: Uint8Array): Block {
  const block = readBlock(value)
  if (typeof block === 'string') throw new Error(block)
  return block
}

const properties = fc.tuple(
  fc.option(fc.double({ noNaN: true }), { nil: undefined }),
  fc.option(fc.string({ unit: 'binary', maxLength: 300 }), { nil: undefined }),
  fc.option(fc.boolean(), { nil: undefined }),
  fc.option(fc.constantFrom('macos', 'linux', '', 'naïve 🎈'), { nil: undefined }),
  fc.option(fc.maxSafeInteger(), { nil: undefined }),
)

describe('blocks', () => {
  test('rows come back as they were written, by a writer that is used again', () => {
    const writer = new BlockWriter(COLUMNS)
    fc.assert(
      fc.property(fc.array(properties, { minLength: 1, maxLength: 150 }), rows => {
        const written = write(writer, rows)
        const block = read(written.value)
        expect(block.rows).toBe(rows.length)
        const valuesOf = (name: string) => {
          const column = block.columns.get(name)
          return column && columnValues(column, rows.length)
        }
        expect(valuesOf('event')).toEqual(rows.map((_, row) => fixed(row).event))
        expect(valuesOf('timestamp')).toEqual(rows.map((_, row) => AT + row))
        expect(valuesOf('user_key')?.at(-1)).toBe(
          [rows.length - 1, 0xffff_ffff - rows.length + 1].map(word => word.toString(16).padStart(8, '0')).join(''),
        )
        COLUMNS.forEach(({ name }, column) => {
          const given = rows.map(row => row[column] ?? null)
          expect(valuesOf(name)).toEqual(given.every(value => value === null) ? undefined : given)
        })
      }),
    )
  })

  test('a dictionary of any size', () => {
    const rows = Array.from({ length: 70_000 }, (_, row): Properties => [undefined, undefined, undefined, `v${row}`])
    for (const count of [255, 256, 65_535, 65_536, 70_000]) {
      const column = read(write(new BlockWriter(COLUMNS), rows.slice(0, count)).value).columns.get('platform')
      expect(column && columnValues(column, count).at(-1)).toBe(`v${count - 1}`)
    }
  })

  test('a lone surrogate becomes U+FFFD', () => {
    const block = read(write(new BlockWriter(COLUMNS), [[undefined, 'a\ud800b', undefined, '\udc00']]).value)
    expect(['note', 'platform'].map(name => columnValues(block.columns.get(name) as never, 1))).toEqual([['a\ufffdb'], ['\ufffd']])
  })

  test('the size is known while the block is written, also where few rows have a value', () => {
    const columns = Array.from(
      { length: 30 },
      (_, i) => ({ name: `c${i}`, type: i % 2 ? 'integer' : 'string', lowCardinality: false }) as const,
    )
    const writer = new BlockWriter(columns)
    for (let row = 0; row < 3_000; row++) {
      writer.begin('sale', AT, AT, NO_KEY, NO_KEY, NO_KEY)
      if (row % 100 === 0) writer.set((row / 100) % 30, (row / 100) % 2 ? 7 : 'x'.repeat(500))
    }
    const { size } = writer
    const { value, ids } = writer.take()
    expect(Math.abs(size - value.length - ids.length)).toBeLessThan(2_000)
    expect(writer.size).toBe(0)
  })

  test('a block costs what its values need', () => {
    const { value } = write(
      new BlockWriter(COLUMNS),
      Array.from({ length: 1_000 }, (_, row): Properties => [undefined, undefined, row % 2 === 0, 'linux']),
    )
    expect(value.length / 1_000).toBeLessThan(37)
  })
})

describe('bytes that are no block are refused', () => {
  const { value } = write(
    new BlockWriter(COLUMNS),
    Array.from({ length: 20 }, (_, row): Properties => [row, `n${row}`, true, `p${row % 3}`, row]),
  )

  test('cut off at any place, or followed by more', () => {
    for (let length = 0; length < value.length; length++) expect(readBlock(value.subarray(0, length))).toBeTypeOf('string')
    expect(readBlock(Buffer.concat([value, Buffer.from([0])]))).toBe('block_too_long')
  })

  test('any change of any byte does no harm, and neither do any bytes at all', () => {
    const tryAll = (bytes: Uint8Array) => {
      const block = readBlock(bytes)
      if (typeof block === 'string') return
      for (const column of block.columns.values()) columnValues(column, Math.min(block.rows, 100))
    }
    for (let at = 0; at < value.length; at++) {
      for (const byte of [0, 1, 127, 128, 255, (value[at] as number) ^ 1]) {
        const changed = Buffer.from(value)
        changed[at] = byte
        tryAll(changed)
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), tryAll))
  })

  test('a claim of many rows or columns costs nothing', () => {
    const huge = [0xff, 0xff, 0xff, 0xff, 0x0f]
    const started = performance.now()
    expect(readBlock(Uint8Array.from([...huge, ...huge]))).toBe('block_cut_off')
    expect(readBlock(Uint8Array.from([1, ...huge, 1, 0x61, 6, ...Buffer.from('UInt64')]))).toBe('block_cut_off')
    expect(performance.now() - started).toBeLessThan(100)
  })
})
