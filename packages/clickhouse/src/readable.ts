import { QueryFailed } from './port.ts'

/**
 * Refuses statements that a read-only session allows although they access more than the tables. The engine in process would still write files
 * (`INTO OUTFILE`), read them (the function `file`) and end other queries (`KILL`); `readonly = 1` forbids all others. Values belong in parameters,
 * so these words are also refused in literals.
 * @throws QueryFailed
 */
export function checkReadable(sql: string): void {
  const bare = sql.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/(?:--|#).*/g, ' ')
  for (const text of [sql, bare]) {
    if (/\boutfile\b/i.test(text)) throw new QueryFailed('INTO OUTFILE is not allowed')
    if (/\b(?:file|catboostEvaluate)["`]?\s*\(/i.test(text)) throw new QueryFailed('reading files is not allowed')
  }
  if (!/^[\s(]*(?:select|with|explain|show|describe|desc|exists)\b/i.test(bare))
    throw new QueryFailed('only statements that read are allowed')
}
