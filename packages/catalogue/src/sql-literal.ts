const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '\0': '\\0' }

/** Any value as a literal of the warehouse's SQL. Values of queries belong in parameters; this is for texts that cannot have any. */
export function sqlLiteral(value: string | number | boolean): string {
  return typeof value === 'string' ? `'${value.replace(/[\\'\0]/g, char => ESCAPED[char] ?? char)}'` : String(value)
}
