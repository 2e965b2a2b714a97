const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '\0': '\\0' }

/** A value as a literal of the warehouse's SQL, for statements that cannot have parameters. Queries pass values as parameters. */
export function sqlLiteral(value: string | number | boolean): string {
  return typeof value === 'string' ? `'${value.replace(/[\\'\0]/g, char => ESCAPED[char] ?? char)}'` : String(value)
}
