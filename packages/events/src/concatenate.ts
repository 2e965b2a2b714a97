import { BLOCK_COLUMNS, type Column, IDENTITY_COLUMN } from '@northstar/catalogue'
import { type BlockColumn, type DictionaryColumn, type TextColumn, textPlaces } from './block/block-reader.ts'
import { writeHeader } from './block/block-writer.ts'
import { ByteWriter } from './block/byte-writer.ts'
import { writeDictionary } from './block/column-builders.ts'
import { columnTypeOf, type PropertyColumnType } from './block/column-types.ts'
import { textsOf } from './block/column-values.ts'
import type { EventBlock } from './event-block.ts'

/** The events of one record that go into a concatenation. */
export interface BlockPart {
  readonly events: EventBlock
  /** The identities of all rows, as in the record's head. */
  readonly ids: Uint32Array
  /** Rows that are left out, ascending. */
  readonly skip: readonly number[]
}

/** Rows of one part that are next to each other and kept: from the first up to, not including, the second. */
type Run = readonly [from: number, to: number]

interface Part extends BlockPart {
  readonly runs: readonly Run[]
  readonly rows: number
}

/**
 * Concatenates the events of many records to one block for the `events` table, column by column: bytes are copied, dictionaries are merged,
 * a column that a part lacks is null. Identities become the column `id_key`. Columns that are not listed are left out.
 * @throws TypeError where a column's values are of another type than the listed one: check parts with `createEventCheck`
 */
export function concatenate(parts: readonly BlockPart[], columns: readonly Column[]): { readonly rows: number; readonly value: Buffer } {
  return writeBlock(parts, columns, true)
}

/** The block of one record without the rows that are skipped: at least one must be left. */
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

/** Writes a dictionary column: each part's keys are looked up once, and its indexes translated. */
function mergeDictionaries(out: ByteWriter, parts: readonly Part[], columns: readonly (BlockColumn | undefined)[], rows: number): void {
  const isKind = columns.every(column => column?.type === 'kind')
  const places = new Map<string, number>()
  const placeOf = (key: string): number => {
    const known = places.get(key)
    if (known !== undefined) return known
    const place = places.size + (isKind ? 0 : 1)
    places.set(key, place)
    return place
  }
  const indexes = new Uint32Array(rows)
  let at = 0
  for (const [i, part] of parts.entries()) {
    const column = columns[i]
    const sources = column === undefined ? null : stringsOf(column, part, placeOf)
    for (const [from, to] of part.runs) {
      if (sources === null) at += to - from
      else for (let row = from; row < to; row++) indexes[at++] = sources.places[sources.indexes[row] as number] as number
    }
  }
  writeDictionary(out, isKind ? [...places.keys()] : ['', ...places.keys()], indexes)
}

/** The strings of a column as places in a common dictionary: of each row its index, of each index its place. 0 stands for null. */
function stringsOf(
  column: BlockColumn,
  part: Part,
  placeOf: (key: string) => number,
): Pick<DictionaryColumn, 'indexes'> & { places: Uint32Array } {
  if (column.type === 'kind' || column.type === 'dictionary') {
    const isUsed = part.skip.length === 0 ? () => true : usedKeys(column, part)
    const isNull = column.type === 'dictionary' ? (place: number) => place === 0 : () => false
    const places = Uint32Array.from(column.keys, (key, index) => (isNull(index) || !isUsed(index) ? 0 : placeOf(key)))
    return { indexes: column.indexes, places }
  }
  if (column.type !== 'text') throw new TypeError(`a column of ${column.type} holds no strings`)
  const places = Uint32Array.from(textsOf(column), (text, row) => (column.nulls[row] === 0 ? placeOf(text) : 0))
  return { indexes: Uint32Array.from(places, (_, row) => row), places }
}

/** Keys that only skipped rows have must not stay in the dictionary. */
function usedKeys({ keys, indexes }: DictionaryColumn, { runs }: Part): (place: number) => boolean {
  const used = new Uint8Array(keys.length)
  for (const [from, to] of runs) for (let row = from; row < to; row++) used[indexes[row] as number] = 1
  return place => used[place] === 1
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
  return Uint8Array.from(column.indexes, place => (place === 0 ? 1 : 0))
}

function copyTexts(out: ByteWriter, column: TextColumn, { skip, runs }: Part): void {
  if (skip.length === 0) {
    out.raw(column.data)
    return
  }
  const places = textPlaces(column)
  // A row's length lies between the end of the row before and its own bytes.
  const startOf = (row: number) => (row === 0 ? 0 : (places[2 * row - 1] as number))
  for (const [from, to] of runs) out.raw(column.data.subarray(startOf(from), startOf(to)))
}

function writeTexts(out: ByteWriter, column: DictionaryColumn, { runs }: Part): void {
  for (const [from, to] of runs) {
    for (let row = from; row < to; row++) {
      const place = column.indexes[row] as number
      out.text(place === 0 ? '' : (column.keys[place] as string))
    }
  }
}
