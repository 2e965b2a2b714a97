import { type Key, keyText } from '../key.ts'
import { aligned, type BlockColumn, type NumberColumn, type TextColumn, textOffsets } from './block-reader.ts'
import type { Scalar } from './column-builders.ts'

/** The value of each row, or null. Times are epoch milliseconds, keys 16 hexadecimal digits or ''. */
export function columnValues(column: BlockColumn, rows: number): readonly (Scalar | null)[] {
  switch (column.type) {
    case 'kind':
      return Array.from(column.indexes, index => column.keys[index] as string)
    case 'dictionary':
      return Array.from(column.indexes, index => (index === 0 ? null : (column.keys[index] as string)))
    case 'time':
      return Array.from(integers(column.data))
    case 'key': {
      const words = wordsOf(column.data)
      return Array.from({ length: rows }, (_, row) => keyText(keyAt(words, row)))
    }
    case 'text': {
      const texts = textsOf(column)
      return texts.map((text, row) => (column.nulls[row] === 0 ? text : null))
    }
    default: {
      const numbers = numbersOf(column)
      const value = column.type === 'boolean' ? (row: number) => numbers[row] !== 0 : (row: number) => numbers[row] as number
      return Array.from({ length: rows }, (_, row) => (column.nulls[row] === 0 ? value(row) : null))
    }
  }
}

/** 64-bit numbers as words, the low one first. */
export function wordsOf(data: Uint8Array): Uint32Array {
  return new Uint32Array(aligned(data))
}

/** The key of a row. @param words of {@link wordsOf} */
export function keyAt(words: Uint32Array, row: number): Key {
  return { high: words[2 * row + 1] as number, low: words[2 * row] as number }
}

/** Signed 64-bit integers; those beyond 2^53 lose digits. */
export function integers(data: Uint8Array): Float64Array {
  const words = wordsOf(data)
  const values = new Float64Array(words.length / 2)
  for (let row = 0; row < values.length; row++) {
    values[row] = ((words[2 * row + 1] as number) | 0) * 2 ** 32 + (words[2 * row] as number)
  }
  return values
}

/** The values of a column of numbers or booleans; 0 where a row has no value. */
export function numbersOf({ type, data }: NumberColumn): Float64Array | Uint8Array {
  if (type === 'boolean') return data
  return type === 'number' ? new Float64Array(aligned(data)) : integers(data)
}

/** The text of each row; '' where a row has none. */
export function textsOf(column: TextColumn): readonly string[] {
  const bytes = Buffer.from(column.data.buffer, column.data.byteOffset, column.data.byteLength)
  const offsets = textOffsets(column)
  return Array.from({ length: column.nulls.length }, (_, row) => bytes.toString('utf8', offsets[2 * row], offsets[2 * row + 1]))
}
