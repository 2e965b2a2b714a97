import type { Series } from '../series.ts'

/** An answer of `POST /v1/sql` in JSON. */
export interface SqlResult {
  readonly meta: readonly SqlColumn[]
  readonly data: readonly Readonly<Record<string, unknown>>[]
}

export interface SqlColumn {
  readonly name: string
  /** ClickHouse's name of the type. */
  readonly type: string
}

export type SqlCell = string | number | boolean | null

const bare = (type: string) => type.replace(/^(?:LowCardinality|Nullable)\((.*)\)$/, '$1').replace(/^Nullable\((.*)\)$/, '$1')

export const isNumeric = ({ type }: SqlColumn): boolean => /^(?:U?Int|Float|BFloat|Decimal)/.test(bare(type))
const isText = ({ type }: SqlColumn): boolean => /^(?:String|FixedString|Enum|Bool)/.test(bare(type))

/** Whole numbers of 64 bits come as text; those that a number cannot hold stay text. */
export function cellOf(value: unknown, column: SqlColumn): SqlCell {
  if (value === null || value === undefined) return null
  if (typeof value === 'object') return JSON.stringify(value)
  if (typeof value !== 'string' || !isNumeric(column)) return value as SqlCell
  return /^-?\d+$/.test(value) && !Number.isSafeInteger(Number(value)) ? value : Number(value)
}

export const cellsOf = ({ meta, data }: SqlResult): readonly (readonly SqlCell[])[] =>
  data.map(row => meta.map(column => cellOf(row[column.name], column)))

/** Rows that a chart has room for. */
const MAX_POINTS = 2_000

/**
 * A chart of a result over its first column; null without a numeric column after it. Each numeric column is a line; with one numeric and
 * one text column each text is a line.
 */
export function seriesOfResult(result: SqlResult): Series | null {
  const [x, ...others] = result.meta
  const numbers = others.filter(isNumeric)
  const texts = others.filter(isText)
  const [number] = numbers
  if (!x || !number || result.data.length === 0) return null
  const [text] = texts
  const pivots = numbers.length === 1 && texts.length === 1 && text !== undefined
  const rows = new Map<string, Map<string, number | null>>()
  for (const row of result.data.slice(0, MAX_POINTS)) {
    const label = String(cellOf(row[x.name], x) ?? '(none)')
    const values = rows.get(label) ?? new Map<string, number | null>()
    rows.set(label, values)
    for (const column of numbers) {
      const value = cellOf(row[column.name], column)
      values.set(pivots ? String(row[text.name] ?? '(none)') : column.name, typeof value === 'number' ? value : null)
    }
  }
  const names = [...new Set([...rows.values()].flatMap(values => [...values.keys()]))]
  return {
    names,
    hasTarget: false,
    rows: [...rows].map(([label, values]) => ({
      from: label,
      label,
      span: label,
      complete: true,
      soFar: '',
      values: names.map(name => values.get(name) ?? null),
      targets: names.map(() => null),
    })),
  }
}
