import { type Catalogue, createCalendar, type Metric } from '@northstar/catalogue'
import { type CountedKind, type Measured, metricKinds } from '@northstar/metrics'
import { sqlOf } from '../metric-sql.ts'

/** What is drawn: a metric by week, of one member or of each. */
export interface Series {
  readonly metric: string
  readonly by?: string
  readonly where?: Readonly<Record<string, string>>
  /** Of a retention. */
  readonly offset?: number
}

/** The weeks that the queries know, from the launch. */
export const WEEKS = 104
const WEEK_MS = 7 * 86_400_000

/**
 * The metric's own query, as a series that Grafana draws: `time`, `value`, and `member` where there are several. Null where the
 * metric's value is no single query. `${__from}` and `${__to}` are Grafana's, epoch ms.
 */
export async function weeklySql(series: Series, catalogue: Catalogue): Promise<string | null> {
  const metric = catalogue.metrics.get(series.metric)
  const kind = metric && metricKinds.get(metric.kind)
  if (!metric || !kind) return null
  const calendar = createCalendar(catalogue.product)
  const from = calendar.startOf(catalogue.product.launch)
  let to = from
  for (let week = 0; week < WEEKS; week++) to = calendar.periodAt('week', to).to
  const question = { metric: metric.name, from, to, period: 'week' as const, by: series.by, where: series.where }
  const inner = await sqlOf(question, { catalogue, now: () => from })
  if (kind.source === 'cohorts') return cohortSql(inner, series.offset ?? 1)
  const value = kind.source === 'counted' ? formulaOf(kind, metric) : 'value'
  const hasMembers = series.by !== undefined || (kind.source === 'queried' && kind.intrinsic?.(metric.definition) !== undefined)
  // A breakdown of which some part is not broken down is two queries.
  if (value === null || inner.includes(';\n\n')) return null
  return wrapped('span', `${value} AS value`, inner, hasMembers)
}

const wrapped = (span: string, value: string, inner: string, hasMembers: boolean) =>
  `SELECT fromUnixTimestamp64Milli(toInt64(${span})) AS time${hasMembers ? ', toString(member) AS member' : ''}, ${value}
FROM (
${inner}
)
WHERE ${span} > \${__from} - ${WEEK_MS} AND ${span} < \${__to}
ORDER BY time`

const cohortSql = (inner: string, offset: number) =>
  `SELECT fromUnixTimestamp64Milli(toInt64(cohort_from)) AS time,
  sumIf(users, offset = ${Math.trunc(offset)}) / nullIf(sumIf(users, offset = 0), 0) AS value
FROM (
${inner}
)
WHERE cohort_from > \${__from} - ${WEEK_MS} AND cohort_from < \${__to}
GROUP BY cohort_from
ORDER BY time`

/** What a part is in the query's columns, and what it is to the kind. */
const FORMULAS: readonly { readonly sql: string; readonly of: (parts: readonly Numbers[]) => number | null }[] = [
  { sql: 'toFloat64(n0)', of: ([a]) => a?.n ?? null },
  { sql: 'toFloat64(u0)', of: ([a]) => a?.u ?? null },
  { sql: 'q0[1]', of: ([a]) => a?.q ?? null },
  { sql: 'n0 / nullIf(n1, 0)', of: ([a, b]) => (a && b ? a.n / b.n : null) },
  { sql: 'n0 / nullIf(u1, 0)', of: ([a, b]) => (a && b ? a.n / b.u : null) },
  { sql: 'u0 / nullIf(n1, 0)', of: ([a, b]) => (a && b ? a.u / b.n : null) },
  { sql: 'u0 / nullIf(u1, 0)', of: ([a, b]) => (a && b ? a.u / b.u : null) },
]

interface Numbers {
  readonly n: number
  readonly u: number
  readonly q: number
}

/** Primes, so that no two formulas come to the same. */
const PROBES: readonly (readonly Numbers[])[] = [
  [
    { n: 7919, u: 6047, q: 4421 },
    { n: 3313, u: 2749, q: 1979 },
  ],
  [
    { n: 1543, u: 1069, q: 997 },
    { n: 8081, u: 5381, q: 3989 },
  ],
]

/** The kind's value as SQL: the formula that comes to what the kind says, whatever it is called. */
function formulaOf(kind: CountedKind, metric: Metric): string | null {
  const parts = kind.parts(metric.definition)
  const measured = ({ n, u, q }: Numbers): Measured => ({ total: n, unique: u, quantile: () => q })
  const right = FORMULAS.filter(({ of }) =>
    PROBES.every(probe => {
      const given = probe.slice(0, parts.length)
      const said = kind.value(metric.definition, given.map(measured)).value
      const found = of(given)
      return said !== null && found !== null && Math.abs(said - found) < 1e-12 * Math.max(1, Math.abs(said))
    }),
  )
  // The query tells different ids only of what counts them.
  return right.find(({ sql }) => parts.every((part, i) => part.kind === 'unique' || !sql.includes(`u${i}`)))?.sql ?? null
}
