type Cell = string | number | boolean | null | undefined

/** Rows as an aligned table; numbers to the right. Column names come from the first row. */
export function formatTable(rows: readonly Readonly<Record<string, Cell>>[]): string {
  const first = rows[0]
  if (!first) return '(no rows)'
  const columns = Object.keys(first)
  const texts = [columns, ...rows.map(row => columns.map(column => textOf(row[column])))]
  const widths = columns.map((_, i) => Math.max(...texts.map(line => (line[i] ?? '').length)))
  const right = columns.map(column => rows.every(row => typeof row[column] === 'number' || row[column] == null))
  const lines = texts.map(line =>
    line
      .map((text, i) => (right[i] ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  return [lines[0], widths.map(width => '─'.repeat(width)).join('  '), ...lines.slice(1)].join('\n')
}

/** Rows as CSV (RFC 4180). */
export function formatCsv(rows: readonly Readonly<Record<string, Cell>>[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  return [columns, ...rows.map(row => columns.map(column => String(row[column] ?? '')))].map(line => line.map(quote).join(',')).join('\r\n')
}

function textOf(cell: Cell): string {
  if (cell === null || cell === undefined) return '–'
  if (typeof cell !== 'number') return String(cell)
  return Number.isInteger(cell) ? cell.toLocaleString('en-US') : cell.toLocaleString('en-US', { maximumFractionDigits: 4 })
}

const BARS = '▁▂▃▄▅▆▇█'

/** Values as a line of bars, from zero to the largest; a gap where a value is missing. */
export function sparkline(values: readonly (number | null)[]): string {
  const top = Math.max(0, ...values.map(value => value ?? 0))
  return values.map(value => (value === null ? ' ' : (BARS[top === 0 ? 0 : Math.round((value / top) * (BARS.length - 1))] ?? ' '))).join('')
}
