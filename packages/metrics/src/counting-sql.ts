import type { PeriodSpan, TrackingPlan } from '@northstar/catalogue'
import { dimensionsOf } from './fields.ts'
import type { Part } from './kind.ts'
import type { Params } from './params.ts'
import { all, areMadeOfHours, column, conditions, EVENTS, EVENTS_HOURLY, keyOf, ofEvents, type RowTime, rowTime, spanOf } from './sql.ts'

export const splits = (part: Part, by: string | undefined, plan: TrackingPlan) =>
  by !== undefined && dimensionsOf(part.events, plan).includes(by)

/** The places of the parts that share a query: they read the same events. A part of few events does not read those of the others. */
export function groupsOf(parts: readonly Part[], by: string | undefined, plan: TrackingPlan): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>()
  parts.forEach((part, i) => {
    const one = `${splits(part, by, plan)} ${part.events.join()}`
    groups.set(one, [...(groups.get(one) ?? []), i])
  })
  return [...groups.values()]
}

/** Parts of the same events by span and, where `by` is given, by member: columns `n0`, `u0`, `q0` and so on. */
export function countingSql(
  parts: readonly Part[],
  by: string | undefined,
  spans: readonly PeriodSpan[],
  levels: readonly number[],
  plan: TrackingPlan,
  params: Params,
): string {
  const [from, to] = [spans[0]?.from ?? 0, spans.at(-1)?.to ?? 0]
  const events = ofEvents(parts[0]?.events ?? [], params)
  if (by === undefined && parts.every(part => part.kind === 'count' && part.where.length === 0) && areMadeOfHours(spans)) {
    return `
    SELECT ${spanOf(`toInt64(toUnixTimestamp(hour)) * 1000`, spans, params)} AS span, ${parts.map((_, i) => `sum(count) AS n${i}`).join(', ')}
    FROM ${EVENTS_HOURLY}
    WHERE ${events} AND hour >= ${params.add(from / 1000, 'DateTime')} AND hour < ${params.add(to / 1000, 'DateTime')}
    GROUP BY span`
  }
  // The condition of a part that is alone goes to the rows: what has not to be asked for each aggregate is quicker.
  const [only] = parts.length === 1 ? parts : []
  const met = parts.map(part => conditionsOf(part, plan, params))
  const selected = parts.flatMap((part, i) => columnsOf(part, i, only ? '' : all(met[i] ?? []), levels))
  const time = rowTime(spans, params)
  const where = all([events, time.within(from, to), ...(only ? (met[0] ?? []) : [])])
  // Two keys that are numbers are grouped by in little more than half the time of one that is a text.
  const member =
    by === undefined ? undefined : { key: `CAST(assumeNotNull(cityHash64(${column(by)})), 'UInt64')`, name: `any(${column(by)})` }
  return grouped({ time, member, selected, where })
}

/** Aggregates of the rows of {@link EVENTS} by span and member, under their names. */
export function grouped(asked: {
  readonly time: RowTime
  /** What tells members apart, and what names one. */
  readonly member: { readonly key: string; readonly name: string } | undefined
  readonly selected: readonly (readonly [name: string, sql: string])[]
  readonly where: string
}): string {
  const { time, member, selected, where } = asked
  return `
    SELECT ${time.ms('began')} AS span${member ? ', toString(own) AS member' : ''}, ${selected.map(([name]) => name).join(', ')}
    FROM (
      SELECT ${time.began()} AS began${member ? `, ${member.name} AS own` : ''}, ${selected.map(([name, sql]) => `${sql} AS ${name}`).join(', ')}
      FROM ${EVENTS}
      WHERE ${where}
      GROUP BY began${member ? `, ${member.key}` : ''}
    )`
}

/** What rows must meet to count for a part. */
function conditionsOf({ kind, of, where }: Part, plan: TrackingPlan, params: Params): readonly string[] {
  const own = where.length > 0 ? [conditions(where, plan, params)] : []
  if (of === undefined || kind === 'sum') return own
  return [...own, kind === 'unique' ? `${keyOf(of)} != 0` : `isNotNull(${column(of)})`]
}

/** What a part's `n` (amount), `u` (different ids) and `q` (quantiles) are in SQL, by name; of the rows that meet `when`. */
function columnsOf(part: Part, i: number, when: string, levels: readonly number[]): readonly (readonly [string, string])[] {
  const of = part.of === undefined ? '' : column(part.of)
  const call = (name: string, argument: string, parameters = '') =>
    when === '' ? `${name}${parameters}(${argument})` : `${name}If${parameters}(${argument ? `${argument}, ` : ''}${when})`
  const n = [`n${i}`, call('count', '')] as const
  switch (part.kind) {
    case 'count':
      return [n]
    case 'sum':
      return [[`n${i}`, `ifNull(${call('sum', of)}, 0)`]]
    case 'unique':
      return [n, [`u${i}`, call('uniqExact', keyOf(part.of ?? ''))]]
    case 'percentiles':
      return [n, [`q${i}`, call('quantilesExactInclusive', of, `(${levels.join(', ')})`)]]
  }
}
