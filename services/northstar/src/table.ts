import { escapeControls } from '@northstar/http-api'
import { type Cell, csvOf } from '@northstar/http-api/csv'

type Row = Readonly<Record<string, Cell>>

/** Number formats by column. A format may depend on other cells of the row. */
export type NumberFormats = Readonly<Record<string, (value: number, row: Row) => string>>

/** Rows as an aligned table, numbers right-aligned. Columns are the union over all rows. */
export function formatTable(rows: readonly Row[], formats: NumberFormats = {}): string {
  if (rows.length === 0) return '(no rows)'
  const columns = columnsOf(rows)
  const text = (row: Row, column: string) => escapeControls(textOf(row[column], value => (formats[column] ?? formatNumber)(value, row)))
  const texts = [columns.map(escapeControls), ...rows.map(row => columns.map(column => text(row, column)))]
  const widths = columns.map((_, i) => Math.max(...texts.map(line => (line[i] ?? '').length)))
  const right = columns.map(column => rows.every(row => typeof row[column] === 'number' || row[column] == null))
  const lines = texts.map(line =>
    line
      .map((cell, i) => (right[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  return [lines[0], widths.map(width => '─'.repeat(width)).join('  '), ...lines.slice(1)].join('\n')
}

/** Rows as CSV with unformatted numbers. Columns are the union over all rows. */
export function formatCsv(rows: readonly Row[]): string {
  const columns = columnsOf(rows)
  return csvOf([columns, ...rows.map(row => columns.map(column => row[column]))])
}

/** The union of all columns. A column that only later rows have follows its left neighbour. */
function columnsOf(rows: readonly Row[]): readonly string[] {
  const columns: string[] = []
  for (const row of rows) {
    let position = 0
    for (const column of Object.keys(row)) {
      const found = columns.indexOf(column)
      if (found < 0) columns.splice(position, 0, column)
      position = (found < 0 ? position : found) + 1
    }
  }
  return columns
}

function textOf(cell: Cell, format: (value: number) => string): string {
  if (cell === null || cell === undefined) return '–'
  return typeof cell === 'number' ? format(cell) : String(cell)
}

type Unit = 'count' | 'ratio' | 'ms' | 'kB' | 'bytes' | 'hours' | 'per_user' | 'number'

/** A value with its unit; a dash for null. `points` writes a difference of ratios. */
export function formatUnit(value: number | null, unit: Unit, points = false): string {
  if (value === null) return '–'
  if (unit === 'ratio') return points ? formatPoints(value, 1) : formatPercent(value, Math.abs(value) < 0.01 && value !== 0 ? 2 : 1)
  const [divisor, name] = SCALES[unit]?.findLast(([, , least]) => Math.abs(value) >= least) ?? [1, '']
  const scaled = value / divisor
  const most = divisor > 1 ? 1 : Math.abs(scaled) < 10 ? 2 : 0
  return `${scaled.toLocaleString('en-US', { maximumFractionDigits: most })}${name && ` ${name}`}`
}

/** The names that values of a unit are shown with, as on the page: each with its divisor and the least value that it is used for. */
const SCALES: Partial<Record<Unit, readonly (readonly [divisor: number, name: string, least: number])[]>> = {
  ms: [
    [1, 'ms', 0],
    [1_000, 's', 10_000],
  ],
  kB: [
    [1, 'kB', 0],
    [1_024, 'MB', 1_024],
  ],
  bytes: [
    [1, 'bytes', 0],
    [1_024, 'kB', 1_024],
    [1_048_576, 'MB', 1_048_576],
  ],
  hours: [
    [1, 'h', 0],
    [24, 'days', 72],
  ],
}

const formatNumber = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 4 })

/** A fraction as `87.0%`. */
export function formatPercent(fraction: number, decimals: number): string {
  return `${rounded(fraction, decimals)}%`
}

/** A relative change as `+67%` or `-0.4%`; one decimal below 1%, so that it does not round to 0. */
export function formatRelative(fraction: number): string {
  return `${signed(fraction, Math.abs(fraction) < 0.01 && fraction !== 0 ? 1 : 0)}%`
}

/** The difference of two fractions in percentage points: `+3.0 pp`. */
export function formatPoints(difference: number, decimals: number): string {
  return `${signed(difference, decimals)} pp`
}

/** A plain difference: `+3`. */
export function formatDifference(difference: number): string {
  return difference.toLocaleString('en-US', { maximumFractionDigits: 4, signDisplay: 'exceptZero' })
}

const rounded = (fraction: number, decimals: number, signDisplay: 'auto' | 'exceptZero' = 'auto') =>
  (fraction * 100).toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals, signDisplay })
const signed = (fraction: number, decimals: number) => rounded(fraction, decimals, 'exceptZero')

const BARS = '▁▂▃▄▅▆▇█'

/** A sparkline from 0 to the maximum, with gaps for nulls. */
export function sparkline(values: readonly (number | null)[]): string {
  const top = Math.max(0, ...values.map(value => value ?? 0))
  return values.map(value => (value === null ? ' ' : (BARS[top === 0 ? 0 : Math.round((value / top) * (BARS.length - 1))] ?? ' '))).join('')
}
