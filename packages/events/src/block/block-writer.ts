import { BLOCK_COLUMNS, type Column } from '@northstar/catalogue'
import type { Key } from '../key.ts'
import { ByteWriter } from './byte-writer.ts'
import { BYTES_A_ROW, createPropertyBuilder, DictionaryBuilder, KeyBuilder, type Scalar } from './column-builders.ts'
import { type ColumnType, columnTypeOf, NATIVE_TYPES } from './column-types.ts'

/** A block and the identities for the headers of its record. */
export interface WrittenBlock {
  readonly rows: number
  readonly value: Buffer
  /** The identities of the rows, 64-bit numbers with their low byte first. */
  readonly ids: Buffer
}

/** Bytes of an event's fixed columns, its identity in the headers included. */
const FIXED_BYTES = 41

/**
 * Writes events as one block in ClickHouse's `Native` format: the fixed columns, then only those properties that some event has.
 * A writer is reused after {@link take}.
 */
export class BlockWriter {
  readonly #fixed = {
    event: new DictionaryBuilder(false),
    timestamp: new KeyBuilder(),
    receivedAt: new KeyBuilder(),
    userKey: new KeyBuilder(),
    sessionKey: new KeyBuilder(),
  }
  readonly #ids = new KeyBuilder()
  readonly #properties
  readonly #out = new ByteWriter()
  #rows = 0
  /** Bytes for each row, and bytes of texts. */
  #bytesARow = FIXED_BYTES
  #textBytes = 0

  /** @param columns properties are set by their index in this list */
  constructor(columns: readonly Column[]) {
    this.#properties = columns.map(column => {
      const type = columnTypeOf(column)
      return { name: column.name, type, builder: createPropertyBuilder(type) }
    })
  }

  get rows(): number {
    return this.#rows
  }

  /** Approximate size of the block, bytes. */
  get size(): number {
    return this.#rows * this.#bytesARow + this.#textBytes
  }

  /**
   * Begins a row: {@link set} adds properties to it.
   * @param timestamp epoch milliseconds, like `receivedAt`
   * @param identity what makes two events the same; goes into the headers of the record
   */
  begin(event: string, timestamp: number, receivedAt: number, user: Key, session: Key, identity: Key): void {
    const row = this.#rows++
    const fixed = this.#fixed
    fixed.event.set(row, event)
    fixed.timestamp.setInteger(row, timestamp)
    fixed.receivedAt.setInteger(row, receivedAt)
    fixed.userKey.setKey(row, user)
    fixed.sessionKey.setKey(row, session)
    this.#ids.setKey(row, identity)
  }

  /** @param value of the type that the column's property has */
  set(column: number, value: Scalar): void {
    const property = this.#properties[column]
    if (property === undefined) throw new RangeError(`there is no column ${column}`)
    const { type, builder } = property
    if (builder.filled === 0) this.#bytesARow += BYTES_A_ROW[type]
    this.#textBytes += builder.set(this.#rows - 1, value)
  }

  /** The block of all rows begun since the last call. */
  take(): WrittenBlock {
    const rows = this.#rows
    const out = this.#out
    const used = this.#properties.filter(({ builder }) => builder.filled > 0)
    out.varint(BLOCK_COLUMNS.length + used.length)
    out.varint(rows)
    for (const { name, type, field } of BLOCK_COLUMNS) {
      writeHeader(out, name, type)
      this.#fixed[field].write(out, rows)
    }
    for (const { name, type, builder } of used) {
      writeHeader(out, name, type)
      builder.write(out, rows)
      builder.clear()
    }
    const value = out.take()
    this.#ids.write(out, rows)
    const ids = out.take()
    this.#fixed.event.clear()
    this.#rows = 0
    this.#bytesARow = FIXED_BYTES
    this.#textBytes = 0
    return { rows, value, ids }
  }
}

export function writeHeader(out: ByteWriter, name: string, type: ColumnType): void {
  out.text(name)
  out.text(NATIVE_TYPES[type])
}
