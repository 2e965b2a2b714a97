type Cell = string | number | boolean | null | undefined
type Row = Readonly<Record<string, Cell>>

/** How a column's numbers are written for people. A number may be read by others of its row. */
export type NumberFormats = Readonly<Record<string, (value: number, row: Row) => string>>

/** Rows as an aligned table; numbers to the right. A column is there when any row has it. */
export function formatTable(rows: readonly Row[], formats: NumberFormats = {}): string {
  if (rows.length === 0) return '(no rows)'
  const columns = columnsOf(rows)
  const text = (row: Row, column: string) => textOf(row[column], value => (formats[column] ?? formatNumber)(value, row))
  const texts = [columns, ...rows.map(row => columns.map(column => text(row, column)))]
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

/** Rows as CSV (RFC 4180), numbers as programs read them. A column is there when any row has it. */
export function formatCsv(rows: readonly Row[]): string {
  const columns = columnsOf(rows)
  const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  return [columns, ...rows.map(row => columns.map(column => String(row[column] ?? '')))].map(line => line.map(quote).join(',')).join('\r\n')
}

/** The columns of all rows. One that only later rows have stands where they have it, behind the same column as there. */
function columnsOf(rows: readonly Row[]): readonly string[] {
  const columns: string[] = []
  for (const row of rows) {
    let place = 0
    for (const column of Object.keys(row)) {
      const found = columns.indexOf(column)
      if (found < 0) columns.splice(place, 0, column)
      place = (found < 0 ? place : found) + 1
    }
  }
  return columns
}

function textOf(cell: Cell, format: (value: number) => string): string {
  if (cell === null || cell === undefined) return '–'
  return typeof cell === 'number' ? format(cell) : String(cell)
}

const formatNumber = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 4 })

/** A fraction as `87.0%`. */
export function formatPercent(fraction: number, decimals: number): string {
  return `${rounded(fraction, decimals)}%`
}

/** A growth or a distance, a fraction, as `+67%` or `-0.4%`: below one percent with a decimal, so that it does not look like none. */
export function formatRelative(fraction: number): string {
  return `${signed(fraction, Math.abs(fraction) < 0.01 && fraction !== 0 ? 1 : 0)}%`
}

/** The difference of two fractions in percentage points: `+3.0 pp`. */
export function formatPoints(difference: number, decimals: number): string {
  return `${signed(difference, decimals)} pp`
}

/** A difference of numbers that are no fractions: `+3`. */
export function formatDifference(difference: number): string {
  return difference.toLocaleString('en-US', { maximumFractionDigits: 4, signDisplay: 'exceptZero' })
}

const rounded = (fraction: number, decimals: number, signDisplay: 'auto' | 'exceptZero' = 'auto') =>
  (fraction * 100).toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals, signDisplay })
const signed = (fraction: number, decimals: number) => rounded(fraction, decimals, 'exceptZero')

const BARS = '▁▂▃▄▅▆▇█'

/** Values as a line of bars, from zero to the largest; a gap where a value is missing. */
export function sparkline(values: readonly (number | null)[]): string {
  const top = Math.max(0, ...values.map(value => value ?? 0))
  return values.map(value => (value === null ? ' ' : (BARS[top === 0 ? 0 : Math.round((value / top) * (BARS.length - 1))] ?? ' '))).join('')
}
