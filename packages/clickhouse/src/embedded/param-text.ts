import { literal } from '../statements.ts'

/** A parameter's value in the engine's syntax: escaped text, or an array of literals. */
export function paramText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(element).join(',')}]`
  if (typeof value === 'string') return value.replace(/[\\\t\n\r\0]/g, char => ESCAPES[char] ?? char)
  if (typeof value === 'number' || typeof value === 'boolean') return scalar(value)
  throw new TypeError(`not a query parameter: ${typeof value}`)
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r', '\0': '\\0' }

function element(value: unknown): string {
  if (typeof value === 'string') return literal(value)
  if (typeof value === 'number' || typeof value === 'boolean') return scalar(value)
  throw new TypeError(`not an element of a query parameter: ${typeof value}`)
}

function scalar(value: number | boolean): string {
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'nan' : value > 0 ? '+inf' : '-inf'
}
