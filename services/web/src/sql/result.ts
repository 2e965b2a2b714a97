import type { Series } from '../series.ts'

/** An answer of `POST /v1/sql` in JSON. */
export interface SqlResult {
  readonly meta: readonly SqlColumn[]
  readonly data: readonly SqlRow[]
}

type SqlRow = Readonly<Record<string, unknown>>

export interface SqlColumn {
  readonly name: string
  /** ClickHouse's name of the type. */
  readonly type: string
}

export type SqlCell = string | number | boolean | null

const bare = (type: string) => type.replace(/^(?:LowCardinality|Nullable)\((.*)\)$/, '$1').replace(/^Nullable\((.*)\)$/, '$1')

export const isNumeric = ({ type }: SqlColumn): boolean => /^(?:U?Int|Float|BFloat|Decimal)/.test(bare(type))
const isText = ({ type }: SqlColumn): boolean => /^(?:String|FixedString|Enum|Bool)/.test(bare(type))

/** Whole numbers of 64 bits, infinities and NaN come as text; those that JSON or a number cannot hold stay text. */
export function cellOf(value: unknown, column: SqlColumn): SqlCell {
  if (value === null || value === undefined) return null
  if (typeof value === 'object') return JSON.stringify(value)
  if (typeof value !== 'string' || !isNumeric(column)) return value as SqlCell
  const number = Number(value)
  const isExact = /^-?\d+$/.test(value) ? Number.isSafeInteger(number) : Number.isFinite(number)
  return isExact ? number : value
}

export const cellsOf = ({ meta, data }: SqlResult): readonly (readonly SqlCell[])[] =>
  data.map(row => meta.map(column => cellOf(row[column.name], column)))

/** Rows that a chart has room for. */
const MAX_POINTS = 2_000

/** The lines of a chart, and what they are; or why the result has no chart. */
export type ResultChart = { readonly series: Series; readonly caption: string } | { readonly problem: string }

/**
 * A chart of a result over its first column. Each numeric column is a line; of a result with columns of text each combination of texts is a
 * line of the first numeric column, where it is the only one or rows share a place on the axis.
 */
export function chartOf(result: SqlResult): ResultChart {
  const [x, ...others] = result.meta
  const numbers = others.filter(isNumeric)
  const texts = others.filter(isText)
  const [number] = numbers
  if (!x || !number || result.data.length === 0) return { problem: 'A chart needs a column of numbers after the first column.' }
  const shown = result.data.slice(0, MAX_POINTS)
  const labelOf = (row: SqlRow) => String(cellOf(row[x.name], x) ?? '(none)')
  const repeats = new Set(shown.map(labelOf)).size < shown.length
  const byText = texts.length > 0 && (repeats || (numbers.length === 1 && texts.length === 1))
  if (repeats && !byText) return { problem: `A chart needs one row for each ${x.name}, or a column of text that tells the rows apart.` }
  const rows = new Map<string, Map<string, number | null>>()
  for (const row of shown) {
    const values = rows.get(labelOf(row)) ?? new Map<string, number | null>()
    rows.set(labelOf(row), values)
    for (const column of byText ? [number] : numbers) {
      const name = byText ? texts.map(text => String(row[text.name] ?? '(none)')).join(', ') : column.name
      if (values.has(name))
        return { problem: `Several rows have the same ${[x, ...texts].map(one => one.name).join(' and ')}: group them for a chart.` }
      const value = cellOf(row[column.name], column)
      values.set(name, typeof value === 'number' ? value : null)
    }
  }
  const cut = result.data.length > MAX_POINTS ? `the first ${MAX_POINTS} rows` : ''
  const by = byText ? `${number.name} by ${texts.map(text => text.name).join(' and ')}` : ''
  return { series: seriesOf(rows), caption: [by, cut].filter(Boolean).join(', ') }
}

function seriesOf(rows: ReadonlyMap<string, ReadonlyMap<string, number | null>>): Series {
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
