import { type ColumnType, DICTIONARY_FLAGS, DICTIONARY_VERSION, NATIVE_TYPES } from './column-types.ts'

export interface DictionaryColumn {
  readonly type: 'kind' | 'dictionary'
  /** In a `dictionary` the first one stands for null. */
  readonly keys: readonly string[]
  /** The key of each row, as its index in `keys`. */
  readonly indexes: Uint8Array | Uint16Array | Uint32Array
}

/** `data` holds 8 bytes a row. */
export interface KeyColumn {
  readonly type: 'time' | 'key'
  readonly data: Uint8Array
}

/** `data` holds 8 bytes a row, or 1 for booleans. */
export interface NumberColumn {
  readonly type: 'integer' | 'number' | 'boolean'
  /** A byte a row: not 0 where the row has no value. */
  readonly nulls: Uint8Array
  readonly data: Uint8Array
}

/** `data` holds each row's length and bytes, one after the other. */
export interface TextColumn {
  readonly type: 'text'
  readonly nulls: Uint8Array
  readonly data: Uint8Array
}

export type BlockColumn = DictionaryColumn | KeyColumn | NumberColumn | TextColumn

export interface Block {
  readonly rows: number
  readonly columns: ReadonlyMap<string, BlockColumn>
}

/** The reason that bytes are not a block. */
export type BlockDamage = 'block_cut_off' | 'block_too_long' | 'block_unknown_type' | 'block_bad_dictionary' | 'block_repeated_column'

class Damaged extends Error {
  readonly reason: BlockDamage
  constructor(reason: BlockDamage) {
    super(reason)
    this.reason = reason
  }
}

const TYPES: ReadonlyMap<string, ColumnType> = new Map(Object.entries(NATIVE_TYPES).map(([type, name]) => [name, type as ColumnType]))

/**
 * Reads one block. Columns are views of `bytes`, which are not trusted: every length and index that is returned is within them.
 */
export function readBlock(bytes: Uint8Array): Block | BlockDamage {
  try {
    const reader = new Reader(bytes)
    const count = reader.varint()
    const rows = reader.varint()
    const columns = new Map<string, BlockColumn>()
    for (let i = 0; i < count; i++) {
      const name = reader.text()
      const type = TYPES.get(reader.text())
      if (type === undefined) return 'block_unknown_type'
      if (columns.has(name)) return 'block_repeated_column'
      columns.set(name, readColumn(reader, type, rows))
    }
    return reader.atEnd ? { rows, columns } : 'block_too_long'
  } catch (error) {
    if (error instanceof Damaged) return error.reason
    throw error
  }
}

function readColumn(reader: Reader, type: ColumnType, rows: number): BlockColumn {
  switch (type) {
    case 'kind':
    case 'dictionary':
      return readDictionary(reader, type, rows)
    case 'time':
    case 'key':
      return { type, data: reader.raw(8 * rows) }
    case 'text': {
      const nulls = reader.raw(rows)
      return { type, nulls, data: reader.texts(rows) }
    }
    case 'boolean':
      return { type, nulls: reader.raw(rows), data: reader.raw(rows) }
    default:
      return { type, nulls: reader.raw(rows), data: reader.raw(8 * rows) }
  }
}

function readDictionary(reader: Reader, type: 'kind' | 'dictionary', rows: number): DictionaryColumn {
  // A block without rows has no dictionaries either.
  if (rows === 0) return { type, keys: [''], indexes: new Uint8Array(0) }
  if (reader.uint64() !== DICTIONARY_VERSION) throw new Damaged('block_bad_dictionary')
  const flags = reader.uint64()
  const width = flags - DICTIONARY_FLAGS
  if (width !== 0 && width !== 1 && width !== 2) throw new Damaged('block_bad_dictionary')
  const count = reader.uint64()
  const keys: string[] = []
  for (let i = 0; i < count; i++) keys.push(reader.text())
  if (reader.uint64() !== rows) throw new Damaged('block_bad_dictionary')
  const indexes =
    width === 0
      ? reader.raw(rows)
      : width === 1
        ? new Uint16Array(aligned(reader.raw(2 * rows)))
        : new Uint32Array(aligned(reader.raw(4 * rows)))
  for (let i = 0; i < rows; i++) if ((indexes[i] as number) >= count) throw new Damaged('block_bad_dictionary')
  return { type, keys, indexes }
}

/** A copy of the bytes in a buffer of its own, aligned for typed arrays of any width. */
export function aligned(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length)
  new Uint8Array(copy).set(bytes)
  return copy
}

/** Offsets in a text column's data: the start of each row's text, after its length, and its end. Two entries a row. */
export function textOffsets({ nulls, data }: TextColumn): Uint32Array {
  const offsets = new Uint32Array(2 * nulls.length)
  const reader = new Reader(data)
  for (let row = 0; row < nulls.length; row++) {
    const length = reader.varint()
    offsets[2 * row] = reader.at
    reader.skip(length)
    offsets[2 * row + 1] = reader.at
  }
  return offsets
}

class Reader {
  at = 0
  readonly #bytes: Buffer

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd(): boolean {
    return this.at === this.#bytes.length
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 7; i++) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined) throw new Damaged('block_cut_off')
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    throw new Damaged('block_cut_off')
  }

  uint64(): number {
    const at = this.at
    this.skip(8)
    return this.#bytes.readUInt32LE(at) + this.#bytes.readUInt32LE(at + 4) * 2 ** 32
  }

  text(): string {
    const length = this.varint()
    const at = this.at
    this.skip(length)
    return this.#bytes.toString('utf8', at, this.at)
  }

  raw(length: number): Uint8Array {
    const at = this.at
    this.skip(length)
    return this.#bytes.subarray(at, this.at)
  }

  /** The bytes of `count` texts with their lengths. */
  texts(count: number): Uint8Array {
    const at = this.at
    for (let i = 0; i < count; i++) this.skip(this.varint())
    return this.#bytes.subarray(at, this.at)
  }

  skip(length: number): void {
    this.at += length
    if (this.at > this.#bytes.length) throw new Damaged('block_cut_off')
  }
}
