import type { Filter, PeriodSpan, TrackingPlan } from '@northstar/catalogue'
import { OTHER } from '@northstar/live-counters'
import { dimensionsOf } from './fields.ts'
import type { Part, QueryContext } from './kind.ts'
import type { Params } from './params.ts'
import { all, areMadeOfHours, boundsOf, column, conditions, EVENTS, keyOf, ofEvents, type RowTime, rowTime, withinHours } from './sql.ts'

export const splits = (part: Part, by: string | undefined, plan: TrackingPlan) =>
  by !== undefined && dimensionsOf(part.events, plan).includes(by)

/** The indexes of parts that share a query because they read the same events. Parts with other events have their own, so that a part of few events does not read the others' rows. */
export function groupsOf(parts: readonly Part[], by: string | undefined, plan: TrackingPlan): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>()
  parts.forEach((part, i) => {
    const one = `${splits(part, by, plan)} ${part.events.join()}`
    groups.set(one, [...(groups.get(one) ?? []), i])
  })
  return [...groups.values()]
}

/** Cells of an answer as two lists of the same length: the starts of their spans, epoch ms, and their members. */
export interface CellKeys {
  readonly spans: readonly number[]
  readonly members: readonly (string | null)[]
}

/** The members that have their own rows in a query. */
export interface Membership {
  /** Members of other cells are named `(other)`, except events without the property. */
  readonly kept?: CellKeys
  /** The rows of these cells are left out. */
  readonly except?: CellKeys
}

/** Parts of the same events by span and, where `by` is given, by member: columns `n0`, `s0`, `u0`, `q0` and so on. */
export function countingSql(
  parts: readonly Part[],
  by: string | undefined,
  spans: readonly PeriodSpan[],
  levels: readonly number[],
  plan: TrackingPlan,
  params: Params,
  { kept, except }: Membership = {},
): string {
  const [from, to] = boundsOf(spans)
  const events = ofEvents(parts[0]?.events ?? [], params)
  // What all parts ask for filters rows, which is quicker than a condition in each aggregate.
  const shared = sharedFilters(parts)
  const [only] = parts.length === 1 ? parts : []
  const met = only ? [...filtersOf(only.where, plan, params), ...presence(only)] : filtersOf(shared, plan, params)
  const selected = parts.flatMap((part, i) => {
    const own = part.where.filter(filter => !shared.some(one => isSame(one, filter)))
    return columnsOf(part, i, only ? '' : all([...filtersOf(own, plan, params), ...presence(part)]), levels)
  })
  const time = rowTime(spans, params)
  // Plain counts of whole hours are read from their rollup, which has no timestamps.
  const isRolledUp = by === undefined && areMadeOfHours(spans) && parts.every(part => part.kind === 'count' && part.where.length === 0)
  const within = isRolledUp ? withinHours(from, to, params) : time.within(from, to)
  const left = except ? [`NOT ${isOneOf(except, time, by, params)}`] : []
  const where = all([events, within, ...met, ...left])
  return grouped({ time, member: memberOf(by, kept, time, params), selected, where })
}

/**
 * The expression that rows are grouped by: a column's value, or `(other)` for cells that are not kept; undefined without a breakdown. It is
 * never a hash of the value: senders choose values, and could make two of them share a hash and so a member.
 */
export function memberOf(by: string | undefined, kept: CellKeys | undefined, time: RowTime, params: Params): string | undefined {
  if (by === undefined) return undefined
  const value = column(by)
  return kept ? `if(isNull(${value}) OR ${isOneOf(kept, time, by, params)}, toString(${value}), '${OTHER}')` : value
}

/** Whether a row belongs to one of the cells. NULL differs from every text. */
function isOneOf({ spans, members }: CellKeys, time: RowTime, by: string | undefined, params: Params): string {
  const member = by === undefined ? "''" : `ifNull(concat('=', toString(${column(by)})), '')`
  const cells = `arrayZip(${params.add(spans, 'Array(Int64)')}, ${params.add(
    members.map(name => (name === null ? '' : `=${name}`)),
    'Array(String)',
  )})`
  return `((toInt64(${time.ms(time.began())}), ${member}) IN (SELECT arrayJoin(${cells})))`
}

/** Aggregates of the rows of {@link EVENTS} by span and member, under their names. */
export function grouped(asked: {
  readonly time: RowTime
  /** The expression that is a row's member. */
  readonly member: string | undefined
  readonly selected: readonly (readonly [name: string, sql: string])[]
  readonly where: string
}): string {
  const { time, member, selected, where } = asked
  return `
    SELECT ${time.ms('began')} AS span${member ? ', toString(own) AS member' : ''}, ${selected.map(([name]) => name).join(', ')}
    FROM (
      SELECT ${time.began()} AS began${member ? `, ${member} AS own` : ''}, ${selected.map(([name, sql]) => `${sql} AS ${name}`).join(', ')}
      FROM ${EVENTS}
      WHERE ${where}
      GROUP BY began${member ? ', own' : ''}
    )`
}

/** The query of a kind whose value is one aggregate of a property, over the events that have it. */
export function aggregateSql(
  aggregate: string,
  { events, of }: { readonly events: readonly string[]; readonly of: string },
  { spans, where, plan, params, by }: QueryContext,
): string {
  const time = rowTime(spans, params)
  return grouped({
    time,
    member: by === undefined ? undefined : column(by),
    selected: [
      ['value', `${aggregate}(${column(of)})`],
      ['sample', 'count()'],
    ],
    where: all([ofEvents(events, params), time.within(...boundsOf(spans)), `isNotNull(${column(of)})`, conditions(where, plan, params)]),
  })
}

const isSame = (one: Filter, other: Filter) => JSON.stringify(one) === JSON.stringify(other)

/** The filters that each of the parts has. */
const sharedFilters = ([first, ...others]: readonly Part[]): readonly Filter[] =>
  (first?.where ?? []).filter(filter => others.every(({ where }) => where.some(one => isSame(one, filter))))

const filtersOf = (filters: readonly Filter[], plan: TrackingPlan, params: Params): readonly string[] =>
  filters.length > 0 ? [conditions(filters, plan, params)] : []

/** The condition that a row has the number or the id that a part reads. */
const presence = ({ kind, of }: Part): readonly string[] =>
  of === undefined ? [] : [kind === 'unique' ? `${keyOf(of)} != 0` : `isNotNull(${column(of)})`]

/** A part's `n` (count), `s` (sum), `u` (different ids) and `q` (quantiles) in SQL, by name; of the rows that meet `when`. */
function columnsOf(part: Part, i: number, when: string, levels: readonly number[]): readonly (readonly [string, string])[] {
  const of = part.of === undefined ? '' : column(part.of)
  const call = (name: string, argument: string, parameters = '') =>
    when === '' ? `${name}${parameters}(${argument})` : `${name}If${parameters}(${argument ? `${argument}, ` : ''}${when})`
  const n = [`n${i}`, call('count', '')] as const
  switch (part.kind) {
    case 'count':
      return [n]
    case 'sum':
      return [n, [`s${i}`, unitsSum(of, argument => call('sum', argument))]]
    case 'unique':
      return [n, [`u${i}`, call('uniqExact', keyOf(part.of ?? ''))]]
    case 'percentiles':
      return [n, [`q${i}`, call('quantilesExactInclusive', of, `(${levels.join(', ')})`)]]
  }
}

const UNITS_OF_60_BITS = 2 ** 60
/**
 * The exact sum of a column in units of 2^-120, as text, which does not depend on the order of the rows: whole parts, the next 60 bits
 * and 60 more are added as integers. Numbers of events are at most 2^53.
 */
function unitsSum(column: string, sum: (argument: string) => string): string {
  const value = `toFloat64(${column})`
  const low = (number: string) => `((${number} - trunc(${number})) * ${UNITS_OF_60_BITS})`
  const parts = [value, low(value), low(low(value))]
  const sums = parts.map(part => `toInt256(ifNull(${sum(`toInt128(toInt64(trunc(${part})))`)}, 0))`)
  return `toString(${sums.map((total, i) => `bitShiftLeft(${total}, ${60 * (2 - i)})`).join(' + ')})`
}

/** A sum of {@link countingSql} as a double. */
export const sumSql = (units: string) => `(toFloat64(toInt256(${units})) / ${UNITS_OF_60_BITS} / ${UNITS_OF_60_BITS})`
