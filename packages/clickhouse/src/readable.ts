import { QueryFailed } from './port.ts'

/**
 * Refuses what a read-only session lets pass although it reaches beyond the tables. In process the engine then still writes files
 * (`INTO OUTFILE`), reads them (the function `file`) and ends other queries (`KILL`). All else `readonly = 1` forbids. Values belong
 * in parameters, so that refusing these words inside a literal, too, costs nothing.
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
