/** Quotes a text as a ClickHouse string literal. */
export function escapeLiteral(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}

/** Changes an `INSERT … FORMAT x` so that it reads its data from a file. Returns undefined for any other statement. */
export function inFileStatement(query: string, file: string): string | undefined {
  const parts = /^\s*(INSERT\s+INTO\s+(?:TABLE\s+)?[^\s(]+\s*(?:\([^)]*\))?)(\s*SETTINGS\s[\s\S]*?)?\s*\bFORMAT\s+(\w+)\s*;?\s*$/i.exec(
    query,
  )
  if (parts === null) return undefined
  const [, head = '', settings = '', format] = parts
  return [head, `FROM INFILE ${escapeLiteral(file)}`, settings, `FORMAT ${format}`]
    .map(part => part.trim())
    .filter(Boolean)
    .join(' ')
}

/** Whether only spaces and comments follow the first `;` outside quotes and comments. */
export function isOneStatement(text: string): boolean {
  const token = /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S])*"|`(?:[^`\\]|\\[\s\S])*`|--[^\n]*|\/\*[\s\S]*?\*\/|;|[^\s]/g
  let ended = false
  for (const [piece] of text.matchAll(token)) {
    if (piece.startsWith('--') || piece.startsWith('/*')) continue
    if (ended && piece !== ';') return false
    if (piece === ';') ended = true
  }
  return true
}
