import type { Key } from '../key.ts'
import { ByteWriter } from './byte-writer.ts'
import { DICTIONARY_FLAGS, DICTIONARY_VERSION, type PropertyColumnType } from './column-types.ts'

/**
 * Builders hold one column of a block that is being written, and are reused for the next block. Numbers lie in memory as ClickHouse reads
 * them, low byte first, as on every machine that Node runs on.
 */

export type Scalar = string | number | boolean

/** The column of a property. Rows come in ascending order; those left out are null. */
export interface PropertyBuilder {
  /** One more than the last row that has a value; 0 while none has, and then the column is left out of the block. */
  readonly filled: number
  /** Returns approximately how many bytes the value takes beyond those that every row takes. */
  set(row: number, value: Scalar): number
  /** Writes the column's data for the first `rows` rows. */
  write(out: ByteWriter, rows: number): void
  clear(): void
}

/** Bytes that a column takes for each row, whether it has a value or not. */
export const BYTES_A_ROW: Readonly<Record<PropertyColumnType, number>> = { dictionary: 1, text: 2, integer: 9, number: 9, boolean: 2 }

export function createPropertyBuilder(type: PropertyColumnType): PropertyBuilder {
  switch (type) {
    case 'dictionary':
      return new DictionaryBuilder(true)
    case 'text':
      return new TextBuilder()
    case 'integer':
      return new IntegerBuilder()
    case 'number':
      return new NumberBuilder()
    case 'boolean':
      return new BooleanBuilder()
  }
}

const INITIAL_ROWS = 64

/** The array, or a larger copy of it when it has no room for `row`. @param width items a row */
function grown<T extends Uint8Array | Uint32Array | Float64Array>(array: T, row: number, width = 1): T {
  if ((row + 1) * width <= array.length) return array
  const larger = new (array.constructor as new (length: number) => T)(Math.max(array.length * 2, (row + 1) * width))
  larger.set(array)
  return larger
}

/** A 64-bit number as its low and high word. */
function setInteger(words: Uint32Array, row: number, value: number): void {
  words[2 * row] = value
  words[2 * row + 1] = Math.floor(value / 2 ** 32)
}

/** A column of times or keys: every row has one. */
export class KeyBuilder {
  #words = new Uint32Array(2 * INITIAL_ROWS)

  /** An integer of at most 53 bits. */
  setInteger(row: number, value: number): void {
    this.#words = grown(this.#words, row, 2)
    setInteger(this.#words, row, value)
  }

  setKey(row: number, key: Key): void {
    this.#words = grown(this.#words, row, 2)
    this.#words[2 * row] = key.low
    this.#words[2 * row + 1] = key.high
  }

  write(out: ByteWriter, rows: number): void {
    out.memory(this.#words, 8 * rows)
  }
}

/** A column with a map of its nulls. */
abstract class NullableBuilder implements PropertyBuilder {
  filled = 0
  #nulls = new Uint8Array(INITIAL_ROWS)

  abstract set(row: number, value: Scalar): number
  /** Writes the values of the first `filled` rows. */
  protected abstract writeValues(out: ByteWriter): void
  /** Bytes of an empty value. */
  protected abstract readonly width: number

  /** Marks a row as filled, and those between it and the last filled row as null. */
  protected fill(row: number): void {
    this.#nulls = grown(this.#nulls, row)
    this.#nulls.fill(1, this.filled, row)
    this.#nulls[row] = 0
    this.filled = row + 1
  }

  write(out: ByteWriter, rows: number): void {
    this.#nulls = grown(this.#nulls, rows - 1)
    this.#nulls.fill(1, this.filled, rows)
    out.raw(this.#nulls.subarray(0, rows))
    this.writeValues(out)
    out.zeros(this.width * (rows - this.filled))
  }

  clear(): void {
    this.filled = 0
  }
}

class IntegerBuilder extends NullableBuilder {
  protected readonly width = 8
  #words = new Uint32Array(2 * INITIAL_ROWS)

  set(row: number, value: Scalar): number {
    this.#words = grown(this.#words, row, 2)
    this.#words.fill(0, 2 * this.filled, 2 * row)
    setInteger(this.#words, row, value as number)
    this.fill(row)
    return 0
  }

  protected writeValues(out: ByteWriter): void {
    out.memory(this.#words, 8 * this.filled)
  }
}

class NumberBuilder extends NullableBuilder {
  protected readonly width = 8
  #values = new Float64Array(INITIAL_ROWS)

  set(row: number, value: Scalar): number {
    this.#values = grown(this.#values, row)
    this.#values.fill(0, this.filled, row)
    this.#values[row] = value as number
    this.fill(row)
    return 0
  }

  protected writeValues(out: ByteWriter): void {
    out.memory(this.#values, 8 * this.filled)
  }
}

class BooleanBuilder extends NullableBuilder {
  protected readonly width = 1
  #values = new Uint8Array(INITIAL_ROWS)

  set(row: number, value: Scalar): number {
    this.#values = grown(this.#values, row)
    this.#values.fill(0, this.filled, row)
    this.#values[row] = value === true ? 1 : 0
    this.fill(row)
    return 0
  }

  protected writeValues(out: ByteWriter): void {
    out.raw(this.#values.subarray(0, this.filled))
  }
}

class TextBuilder extends NullableBuilder {
  /** An empty string is one zero byte, its length. */
  protected readonly width = 1
  readonly #texts = new ByteWriter()

  set(row: number, value: Scalar): number {
    this.#texts.zeros(row - this.filled)
    const before = this.#texts.length
    this.#texts.text(value as string)
    this.fill(row)
    return this.#texts.length - before - 1
  }

  protected writeValues(out: ByteWriter): void {
    out.raw(this.#texts.view())
  }

  override clear(): void {
    super.clear()
    this.#texts.clear()
  }
}

/** A column of strings as indexes into a dictionary, which is part of the block. */
export class DictionaryBuilder implements PropertyBuilder {
  filled = 0
  readonly #nullable: boolean
  readonly #indexByKey = new Map<string, number>()
  #indexes = new Uint32Array(INITIAL_ROWS)

  /** @param nullable rows may lack a value: index 0 stands for null */
  constructor(nullable: boolean) {
    this.#nullable = nullable
  }

  set(row: number, value: Scalar): number {
    this.#indexes = grown(this.#indexes, row)
    this.#indexes.fill(0, this.filled, row)
    let size = 0
    let index = this.#indexByKey.get(value as string)
    if (index === undefined) {
      index = this.#indexByKey.size + (this.#nullable ? 1 : 0)
      this.#indexByKey.set(value as string, index)
      size = (value as string).length
    }
    this.#indexes[row] = index
    this.filled = row + 1
    return size
  }

  write(out: ByteWriter, rows: number): void {
    this.#indexes = grown(this.#indexes, rows - 1)
    this.#indexes.fill(0, this.filled, rows)
    const keys = [...this.#indexByKey.keys()]
    writeDictionary(out, this.#nullable ? ['', ...keys] : keys, this.#indexes.subarray(0, rows))
  }

  clear(): void {
    this.filled = 0
    this.#indexByKey.clear()
  }
}

/** Writes the data of a dictionary column. The indexes take 1, 2 or 4 bytes, as the dictionary's size needs. */
export function writeDictionary(out: ByteWriter, keys: readonly string[], indexes: Uint32Array): void {
  // A block without rows has no dictionaries either.
  if (indexes.length === 0) return
  const width = keys.length <= 0x100 ? 0 : keys.length <= 0x1_0000 ? 1 : 2
  out.uint64(DICTIONARY_VERSION)
  out.uint64(DICTIONARY_FLAGS | width)
  out.uint64(keys.length)
  for (const key of keys) out.text(key)
  out.uint64(indexes.length)
  if (width === 0) out.raw(Uint8Array.from(indexes))
  else if (width === 1) out.memory(Uint16Array.from(indexes), 2 * indexes.length)
  else out.memory(indexes, 4 * indexes.length)
}
