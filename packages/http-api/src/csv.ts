import { escapeControls } from './controls.ts'

export type Cell = string | number | boolean | null | undefined

/** A spreadsheet runs a text that begins with one of these as a formula, some also after blanks or with the wide forms. */
const FORMULA = /^\s*[=+\-@\t\r\n＝＋－＠]/
/** Spreadsheets of some countries separate cells by semicolons, and a paste by tabs. */
const QUOTED = /[",;\t\r\n]/

/**
 * Rows as CSV (RFC 4180) that a spreadsheet opens without running formulas. Numbers are unformatted, null is empty and an empty text is `""`.
 * Control characters are escapes, except tabs and ends of lines.
 */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  return rows.map(row => row.map(cellText).join(',')).join('\r\n')
}

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return ''
  if (typeof cell !== 'string') return String(cell)
  const text = cell.replace(/[^\t\r\n]+/g, escapeControls)
  const safe = FORMULA.test(text) ? `'${text}` : text
  return safe === '' || QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
