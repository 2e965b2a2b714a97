import { BLOCK_COLUMNS, type Column, IDENTITY_COLUMN } from '@northstar/catalogue'
import { type BlockColumn, type DictionaryColumn, type TextColumn, textOffsets } from './block/block-reader.ts'
import { writeHeader } from './block/block-writer.ts'
import { ByteWriter } from './block/byte-writer.ts'
import { writeDictionary } from './block/column-builders.ts'
import { columnTypeOf, type PropertyColumnType } from './block/column-types.ts'
import { textsOf } from './block/column-values.ts'
import type { EventBlock } from './event-block.ts'

/** The events of one record that are concatenated. */
export interface BlockPart {
  readonly events: EventBlock
  /** The identities of all rows, as in the record's head. */
  readonly ids: Uint32Array
  /** Rows that are left out, ascending. */
  readonly skip: readonly number[]
}

/** A range of adjacent rows that are kept; `to` is exclusive. */
type Run = readonly [from: number, to: number]

interface Part extends BlockPart {
  readonly runs: readonly Run[]
  readonly rows: number
}

/**
 * Concatenates the events of many records into one block for the `events` table, column by column: bytes are copied, dictionaries are merged,
 * a column that a part lacks is null. Identities become the column `id_key`. Columns that are not listed are left out.
 * @throws TypeError where a column's values are of another type than the listed one: check parts with `createEventCheck`
 */
export function concatenate(parts: readonly BlockPart[], columns: readonly Column[]): { readonly rows: number; readonly value: Buffer } {
  return writeBlock(parts, columns, true)
}

/** The block of one record without the skipped rows; at least one row must be left. */
export const withoutRows = (part: BlockPart, columns: readonly Column[]): Buffer => writeBlock([part], columns, false).value

function writeBlock(parts: readonly BlockPart[], columns: readonly Column[], withIdentities: boolean) {
  const pieces = parts.map(withRuns).filter(part => part.rows > 0)
  const rows = pieces.reduce((sum, part) => sum + part.rows, 0)
  const used = columns.filter(({ name }) => pieces.some(part => part.events.properties.has(name)))
  const out = new ByteWriter()
  out.varint(BLOCK_COLUMNS.length + (withIdentities ? 1 : 0) + used.length)
  out.varint(rows)
  for (const { name, type, field } of BLOCK_COLUMNS) {
    writeHeader(out, name, type)
    if (field === 'event')
      mergeDictionaries(
        out,
        pieces,
        pieces.map(part => part.events.event),
        rows,
      )
    else for (const { events, runs } of pieces) for (const [from, to] of runs) out.raw(events[field].data.subarray(8 * from, 8 * to))
  }
  if (withIdentities) {
    writeHeader(out, IDENTITY_COLUMN, 'key')
    for (const { ids, runs } of pieces) for (const [from, to] of runs) out.memory(ids.subarray(2 * from, 2 * to), 8 * (to - from))
  }
  for (const column of used) {
    const type = columnTypeOf(column)
    writeHeader(out, column.name, type)
    const found = pieces.map(part => part.events.properties.get(column.name))
    if (type === 'dictionary') mergeDictionaries(out, pieces, found, rows)
    else writeNullable(out, type, pieces, found)
  }
  return { rows, value: out.take() }
}

function withRuns(part: BlockPart): Part {
  const runs: Run[] = []
  let from = 0
  for (const row of [...part.skip, part.events.rows]) {
    if (row > from) runs.push([from, row])
    from = row + 1
  }
  return { ...part, runs, rows: part.events.rows - part.skip.length }
}

/** Writes a dictionary column: the keys of each part are looked up once, then its indexes are translated. */
function mergeDictionaries(out: ByteWriter, parts: readonly Part[], columns: readonly (BlockColumn | undefined)[], rows: number): void {
  const isKind = columns.every(column => column?.type === 'kind')
  const merged = new Map<string, number>()
  const indexOf = (key: string): number => {
    const known = merged.get(key)
    if (known !== undefined) return known
    const index = merged.size + (isKind ? 0 : 1)
    merged.set(key, index)
    return index
  }
  const indexes = new Uint32Array(rows)
  let at = 0
  for (const [i, part] of parts.entries()) {
    const column = columns[i]
    const strings = column === undefined ? null : translateStrings(column, part, indexOf)
    for (const [from, to] of part.runs) {
      if (strings === null) at += to - from
      else for (let row = from; row < to; row++) indexes[at++] = strings.merged[strings.indexes[row] as number] as number
    }
  }
  writeDictionary(out, isKind ? [...merged.keys()] : ['', ...merged.keys()], indexes)
}

/** The index of each row into a column's own strings, and the index of each of those in the merged dictionary (0 for null). */
function translateStrings(
  column: BlockColumn,
  part: Part,
  indexOf: (key: string) => number,
): Pick<DictionaryColumn, 'indexes'> & { merged: Uint32Array } {
  if (column.type === 'kind' || column.type === 'dictionary') {
    const isUsed = part.skip.length === 0 ? () => true : usedKeys(column, part)
    const isNull = (index: number) => column.type === 'dictionary' && index === 0
    const merged = Uint32Array.from(column.keys, (key, index) => (isNull(index) || !isUsed(index) ? 0 : indexOf(key)))
    return { indexes: column.indexes, merged }
  }
  if (column.type !== 'text') throw new TypeError(`a column of ${column.type} holds no strings`)
  const merged = Uint32Array.from(textsOf(column), (text, row) => (column.nulls[row] === 0 ? indexOf(text) : 0))
  return { indexes: Uint32Array.from(merged, (_, row) => row), merged }
}

/** Keys that only skipped rows have must not stay in the dictionary. */
function usedKeys({ keys, indexes }: DictionaryColumn, { runs }: Part): (index: number) => boolean {
  const used = new Uint8Array(keys.length)
  for (const [from, to] of runs) for (let row = from; row < to; row++) used[indexes[row] as number] = 1
  return index => used[index] === 1
}

function writeNullable(
  out: ByteWriter,
  type: Exclude<PropertyColumnType, 'dictionary'>,
  parts: readonly Part[],
  columns: readonly (BlockColumn | undefined)[],
): void {
  const absent = new Uint8Array(Math.max(0, ...parts.map(part => part.rows))).fill(1)
  for (const [i, { rows, runs }] of parts.entries()) {
    const column = columns[i]
    if (column === undefined) out.raw(absent.subarray(0, rows))
    else for (const [from, to] of runs) out.raw(nullsOf(column).subarray(from, to))
  }
  const width = type === 'text' || type === 'boolean' ? 1 : 8
  for (const [i, part] of parts.entries()) {
    const column = columns[i]
    if (column === undefined) out.zeros(width * part.rows)
    else if (column.type === 'text' && type === 'text') copyTexts(out, column, part)
    else if (column.type === 'dictionary' && type === 'text') writeTexts(out, column, part)
    else if (column.type === type && 'data' in column)
      for (const [from, to] of part.runs) out.raw(column.data.subarray(width * from, width * to))
    else throw new TypeError(`a column of ${column.type} holds no ${type}`)
  }
}

function nullsOf(column: BlockColumn): Uint8Array {
  if ('nulls' in column) return column.nulls
  if (column.type !== 'dictionary') throw new TypeError(`a column of ${column.type} is no property`)
  return Uint8Array.from(column.indexes, index => (index === 0 ? 1 : 0))
}

function copyTexts(out: ByteWriter, column: TextColumn, { skip, runs }: Part): void {
  if (skip.length === 0) {
    out.raw(column.data)
    return
  }
  const offsets = textOffsets(column)
  // A row begins with its length, directly after the text of the row before.
  const startOf = (row: number) => (row === 0 ? 0 : (offsets[2 * row - 1] as number))
  for (const [from, to] of runs) out.raw(column.data.subarray(startOf(from), startOf(to)))
}

function writeTexts(out: ByteWriter, column: DictionaryColumn, { runs }: Part): void {
  for (const [from, to] of runs) {
    for (let row = from; row < to; row++) {
      const index = column.indexes[row] as number
      out.text(index === 0 ? '' : (column.keys[index] as string))
    }
  }
}
