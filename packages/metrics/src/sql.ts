import type { Filter, PeriodSpan, PropertyType, TrackingPlan } from '@northstar/catalogue'
import type { Params } from './params.ts'

/**
 * The rows as they lie. The consumers have dropped what was repeated within the duplicate window; what a client repeats from beyond it
 * counts until the table's next merge, here as in the live counters. Reading with FINAL would be ten times as dear.
 */
export const EVENTS = 'events AS e'

/** The rows of the kinds of event that outlive the retention, as {@link EVENTS} has them; the same columns by the same name. */
export const DURABLE_EVENTS = 'durable_events AS e'

/** Milliseconds since 1970 of a row. */
export const MS = 'toUnixTimestamp64Milli(timestamp)'

/**
 * A property's column of {@link EVENTS}. Names are checked by the tracking plan; the quotes guard against words of the dialect, and
 * the table's name against a property that is called like something that a query selects.
 */
export function column(name: string): string {
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) throw new RangeError(`not a column: ${name}`)
  return `e.\`${name}\``
}

/** The user key of a row of {@link EVENTS}, 0 for an event without a user: distinct numbers take two thirds of the time of texts. */
export function keyOf(of: string): string {
  if (of === 'user_id') return 'user_key'
  if (of === 'session_id') return 'session_key'
  throw new RangeError(`not whose an event is: ${of}`)
}
export const USER = keyOf('user_id')

const instant = (ms: number, params: Params) => `fromUnixTimestamp64Milli(${params.add(ms, 'Int64')}, 'UTC')`

export const since = (ms: number, params: Params) => `timestamp >= ${instant(ms, params)}`

export const until = (ms: number, params: Params) => `timestamp < ${instant(ms, params)}`

const HOUR_MS = 3_600_000
/** Whether spans are whole hours, of those that a DateTime can say. */
export const areMadeOfHours = (spans: readonly PeriodSpan[]) =>
  spans.flatMap(({ from, to }) => [from, to]).every(ms => ms % HOUR_MS === 0 && ms >= 0 && ms < 2 ** 32 * 1_000)

/** When a row of {@link EVENTS} happened, as precisely as a question needs. */
export interface RowTime {
  /** A condition: from `from` on and before `to`, epoch ms, both among the bounds of the spans. */
  within(from: number, to: number): string
  /** The beginning of the row's span, in a unit that is quick to group by; {@link RowTime.ms} makes epoch ms of it. */
  began(): string
  /** Epoch ms of an expression that {@link RowTime.began} gave. */
  ms(began: string): string
  /** An aggregate: the places, from 0, of the spans in which rows lie, each once. */
  places(): string
}

/** For spans that follow each other. Of whole hours the row's hour says enough, which is read and compared in a third of the time. */
export function rowTime(spans: readonly PeriodSpan[], params: Params): RowTime {
  const precisely = (from: number, to: number) => `timestamp >= ${instant(from, params)} AND ${until(to, params)}`
  if (!areMadeOfHours(spans)) {
    const begins = spans.map(({ from }) => from)
    return {
      within: precisely,
      began: () => spanOf(MS, spans, params),
      ms: began => began,
      places: () => placesOf(MS, params.add(begins, 'Array(Int64)'), begins.length, params),
    }
  }
  const seconds = 'toUnixTimestamp(timestamp_hour)'
  const begins = () =>
    params.add(
      spans.map(({ from }) => from / 1_000),
      'Array(UInt32)',
    )
  return {
    // The index knows rows by their timestamp.
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
  spans.length === 1
    ? `toInt64(${params.add(spans[0]?.from ?? 0, 'Int64')})`
    : `roundDown(${ms}, ${params.add(
        spans.map(span => span.from),
        'Array(Int64)',
      )})`

/** An aggregate: of each time the place in the list of the last element that is not after it. */
function placesOf(time: string, list: string, length: number, params: Params): string {
  const places = params.add([...Array(length).keys()], 'Array(UInt16)')
  const place = `transform(roundDown(${time}, ${list}), ${list}, ${places}, toUInt16(0))`
  // As bits of one number they are gathered in half the time.
  return length <= 64 ? `bitPositionsToArray(groupBitOr(bitShiftLeft(toUInt64(1), ${place})))` : `groupUniqArray(toUInt64(${place}))`
}

/** When each user (`user`, a number) had the first such event before `to`: `began`, epoch ms; and with `by` what it said of that: `member`. */
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
