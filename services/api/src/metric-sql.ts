import { sqlLiteral } from '@northstar/catalogue'
import { createMetricReader, type MetricCatalogue, type MetricQuestion, type ParamValue } from '@northstar/metrics'

/** The ClickHouse query for an exact answer, with its parameters filled in. It is not run. */
export async function sqlOf(
  question: MetricQuestion,
  deps: { readonly catalogue: MetricCatalogue; readonly now: () => number },
): Promise<string> {
  const queries: string[] = []
  const query = async (sql: string, params: Readonly<Record<string, ParamValue>>) => {
    queries.push(withValues(sql, params))
    return []
  }
  await createMetricReader({ ...deps, query, exactUpTo: Number.POSITIVE_INFINITY }).read({ ...question, source: 'warehouse' })
  return queries.join(';\n\n')
}

function withValues(sql: string, params: Readonly<Record<string, ParamValue>>): string {
  return dedent(sql).replace(/\{(\w+):([^{}]+)\}/g, (placeholder, name: string, type: string) => {
    const value = params[name]
    return value === undefined ? placeholder : `${literal(value)}::${type}`
  })
}

/** Removes the indentation of the source code. */
function dedent(sql: string): string {
  const lines = sql.split('\n').filter(line => line.trim() !== '')
  const indent = Math.min(...lines.slice(1).map(line => line.length - line.trimStart().length))
  return lines.map((line, index) => (index === 0 ? line.trimStart() : line.slice(Number.isFinite(indent) ? indent : 0))).join('\n')
}

function literal(value: ParamValue): string {
  if (typeof value === 'object') return `[${value.map(literal).join(', ')}]`
  return sqlLiteral(value)
}
