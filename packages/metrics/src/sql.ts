import { type Filter, HOUR_MS, type PeriodSpan, type PropertyType, type TrackingPlan } from '@northstar/catalogue'
import type { Params } from './params.ts'

/**
 * The table of events without FINAL, which would make queries ten times as slow. Consumers have dropped repeats within the duplicate window;
 * an earlier event that is repeated counts twice until the table's next merge, as in the live counters.
 */
export const EVENTS = 'events AS e'

/** The table of the event kinds that are kept beyond the retention, with the columns of {@link EVENTS}. */
export const DURABLE_EVENTS = 'durable_events AS e'

/** A row's timestamp, epoch ms. */
export const MS = 'toUnixTimestamp64Milli(timestamp)'

/** A time later than any other, for events that never happened. */
export const NEVER = `toInt64(${Number.MAX_SAFE_INTEGER})`

/**
 * A property's column of {@link EVENTS}. Names are checked by the tracking plan. The quotes allow reserved words; the table's alias
 * distinguishes a property from a selected expression of the same name.
 */
export function column(name: string): string {
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) throw new RangeError(`not a column: ${name}`)
  return `e.\`${name}\``
}

/** The column with an event's user or session as a number, 0 without one: counting distinct numbers needs two thirds of the time of texts. */
export function keyOf(of: string): string {
  if (of === 'user_id') return 'user_key'
  if (of === 'session_id') return 'session_key'
  throw new RangeError(`not an id of users or sessions: ${of}`)
}
export const USER = keyOf('user_id')

const instant = (ms: number, params: Params) => `fromUnixTimestamp64Milli(${params.add(ms, 'Int64')}, 'UTC')`

export const since = (ms: number, params: Params) => `timestamp >= ${instant(ms, params)}`

export const until = (ms: number, params: Params) => `timestamp < ${instant(ms, params)}`

/** The first and the last bound of spans that follow each other, epoch ms. */
export const boundsOf = (spans: readonly PeriodSpan[]): readonly [from: number, to: number] => [spans[0]?.from ?? 0, spans.at(-1)?.to ?? 0]

/** The starts of spans as an array of SQL, epoch ms. */
export const beginsOf = (spans: readonly PeriodSpan[], params: Params): string =>
  params.add(
    spans.map(span => span.from),
    'Array(Int64)',
  )

/** Parts of a query that are empty without a breakdown: the column `, member`, and a row's member selected under that name. */
export const memberSql = (by: string | undefined): { readonly member: string; readonly selected: string } =>
  by === undefined ? { member: '', selected: '' } : { member: ', member', selected: `, toString(${column(by)}) AS member` }

/** An aggregate: how many different users or sessions the rows have that meet a condition. */
export function distinctIds(of: string, condition?: string): string {
  const key = keyOf(of)
  return `uniqExactIf(${key}, ${key} != 0${condition === undefined ? '' : ` AND ${condition}`})`
}

/** The properties that a query groups and filters by, each once, that of the breakdown first. */
export const propertiesOf = (by: string | undefined, where: readonly Filter[]): readonly string[] => [
  ...new Set([...(by === undefined ? [] : [by]), ...where.map(filter => filter.property)]),
]

/** Whether spans are whole hours within the range of DateTime. */
export const areMadeOfHours = (spans: readonly PeriodSpan[]) =>
  spans.flatMap(({ from, to }) => [from, to]).every(ms => ms % HOUR_MS === 0 && ms >= 0 && ms < 2 ** 32 * 1_000)

/** When a row of {@link EVENTS} happened, as precisely as a question needs. */
export interface RowTime {
  /** A condition: from `from` on and before `to`, epoch ms, both among the bounds of the spans. */
  within(from: number, to: number): string
  /** The beginning of the row's span, in a unit that is quick to group by; {@link RowTime.ms} makes epoch ms of it. */
  began(): string
  /** Epoch ms of a value of {@link RowTime.began}. */
  ms(began: string): string
  /** An aggregate: the places, from 0, of the spans in which rows lie, each once. */
  places(): string
}

/** The row times for spans that follow each other. For whole hours the row's hour suffices; reading it needs a third of the time. */
export function rowTime(spans: readonly PeriodSpan[], params: Params): RowTime {
  const precisely = (from: number, to: number) => `${since(from, params)} AND ${until(to, params)}`
  if (!areMadeOfHours(spans)) {
    return {
      within: precisely,
      began: () => spanOf(MS, spans, params),
      ms: began => began,
      places: () => placesOf(MS, beginsOf(spans, params), spans.length, params),
    }
  }
  const seconds = 'toUnixTimestamp(timestamp_hour)'
  const begins = () =>
    params.add(
      spans.map(({ from }) => from / 1_000),
      'Array(UInt32)',
    )
  return {
    // The table's index has the timestamp, not the hour.
    within: (from, to) => `${withinHours(from, to, params)} AND indexHint(${precisely(from, to)})`,
    began: () => `roundDown(${seconds}, ${begins()})`,
    ms: began => `toInt64(${began}) * 1000`,
    places: () => placesOf(seconds, begins(), spans.length, params),
  }
}

/** A condition: in the hours from `from` on and before `to`, epoch ms. */
export function withinHours(from: number, to: number, params: Params): string {
  const hour = (ms: number) => params.add(ms / 1_000, 'DateTime')
  return `timestamp_hour >= ${hour(from)} AND timestamp_hour < ${hour(to)}`
}

/** Rows of these kinds; of any where the list is empty. */
export const ofEvents = (events: readonly string[], params: Params) =>
  events.length === 0 ? '1' : `event IN ${params.add(events, 'Array(String)')}`

/** The beginning of the span in which an expression of epoch ms lies. */
export const spanOf = (ms: string, spans: readonly PeriodSpan[], params: Params) =>
  spans.length === 1 ? `toInt64(${params.add(spans[0]?.from ?? 0, 'Int64')})` : `roundDown(${ms}, ${beginsOf(spans, params)})`

/** An aggregate: the places in the list, from 0, of the last element that is not after each time. */
function placesOf(time: string, list: string, length: number, params: Params): string {
  const places = params.add([...Array(length).keys()], 'Array(UInt16)')
  const place = `transform(roundDown(${time}, ${list}), ${list}, ${places}, toUInt16(0))`
  // Bits of one number are gathered in half the time.
  return length <= 64 ? `bitPositionsToArray(groupBitOr(bitShiftLeft(toUInt64(1), ${place})))` : `groupUniqArray(toUInt64(${place}))`
}

/** A query of each `user`'s first such event before `to`: its time `began`, epoch ms, and with `by` its value of that property, `member`. */
export function firstsOf(
  events: readonly string[],
  { to, where, by, plan, params }: { to: number; where: readonly Filter[]; by?: string; plan: TrackingPlan; params: Params },
): string {
  // `user_first` knows no properties.
  return where.length === 0 && by === undefined
    ? `SELECT user_key AS user, toUnixTimestamp64Milli(min(first)) AS began
       FROM user_first WHERE ${ofEvents(events, params)} AND first < ${instant(to, params)} GROUP BY user`
    : `SELECT ${USER} AS user, min(${MS}) AS began
         ${by === undefined ? '' : `, argMin(tuple(toString(${column(by)})), (timestamp, id_key)).1 AS member`}
       FROM ${EVENTS} WHERE ${ofEvents(events, params)} AND ${USER} != 0 AND ${until(to, params)} AND ${conditions(where, plan, params)}
       GROUP BY user`
}

const SQL_TYPES: Readonly<Record<PropertyType, string>> = { string: 'String', integer: 'Int64', number: 'Float64', boolean: 'Bool' }

/** A condition that is 1 or 0, never NULL. A row without the property fails every filter, `not_in` included, but for `exists: false`. */
export function condition(filter: Filter, plan: TrackingPlan, params: Params, expression = column(filter.property)): string {
  const type = plan.columns.find(c => c.name === filter.property)?.type ?? 'string'
  const [first] = filter.values
  if (filter.op === 'exists') return `${first ? 'isNotNull' : 'isNull'}(${expression})`
  if (filter.op === 'at_least' || filter.op === 'at_most') {
    return `ifNull(${expression} ${filter.op === 'at_least' ? '>=' : '<='} ${params.add(String(first), 'Float64')}, 0)`
  }
  const values = filter.values.map(value => (type === 'boolean' ? String(value) : typeof value === 'boolean' ? String(value) : value))
  const set = type === 'boolean' ? params.add(values, 'Array(String)') : params.add(values, `Array(${SQL_TYPES[type]})`)
  const compared = type === 'boolean' ? `toString(${expression})` : expression
  return filter.op === 'in' ? `ifNull(${compared} IN ${set}, 0)` : `ifNull(${compared} NOT IN ${set}, 0)`
}

export const all = (conditions: readonly string[]) => (conditions.length === 0 ? '1' : conditions.join(' AND '))

export const conditions = (filters: readonly Filter[], plan: TrackingPlan, params: Params) =>
  all(filters.map(filter => condition(filter, plan, params)))
