export type Cell = string | number | boolean | null | undefined

/** A cell that starts with one of these is a formula to a spreadsheet; to some also with the wide forms. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g

/** Rows as CSV (RFC 4180) that a spreadsheet opens without running formulas. Numbers are unformatted, null is empty, an empty text is `""`. */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  return rows.map(row => row.map(cellText).join(',')).join('\r\n')
}

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return ''
  if (typeof cell !== 'string') return String(cell)
  const text = cell.replace(CONTROL, '')
  const safe = FORMULA.test(text) ? `'${text}` : text
  return safe === '' || /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
