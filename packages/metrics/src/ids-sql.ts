import type { PeriodSpan, TrackingPlan } from '@northstar/catalogue'
import { grouped, type Membership, memberOf } from './counting-sql.ts'
import type { Part } from './kind.ts'
import type { Params } from './params.ts'
import { all, areMadeOfHours, boundsOf, conditions, distinctIds, keyOf, propertiesOf, rowTime, withinHours } from './sql.ts'

/** The different users or sessions of any event by hour and by some properties, exactly: a session has many events, but few hours. */
export interface IdRollup {
  readonly of: string
  readonly by: readonly string[]
}

/** The aggregates of the number of events with an id, and of the number of different ids. */
export const idsOf = (of: string): readonly [events: string, different: string] => [`countIf(${keyOf(of)} != 0)`, distinctIds(of)]

/** Whether a rollup has the number of different ids of a part. */
export function areKept(
  [part, ...others]: readonly Part[],
  by: string | undefined,
  spans: readonly PeriodSpan[],
  rollups: readonly IdRollup[],
): boolean {
  if (part?.kind !== 'unique' || part.events.length > 0 || others.length > 0 || !areMadeOfHours(spans)) return false
  const properties = propertiesOf(by, part.where)
  return rollups.some(rollup => rollup.of === part.of && properties.every(name => rollup.by.includes(name)))
}

/** The query of one such part, with the columns of `countingSql`. */
export function idsSql(
  [part]: readonly Part[],
  by: string | undefined,
  spans: readonly PeriodSpan[],
  _levels: readonly number[],
  plan: TrackingPlan,
  params: Params,
  { kept }: Membership = {},
): string {
  const [from, to] = boundsOf(spans)
  const time = rowTime(spans, params)
  const [events, different] = idsOf(part?.of ?? '')
  // As in sketchesSql, only columns of the projection are named.
  return grouped({
    time,
    member: memberOf(by, kept, time, params),
    selected: [
      ['n0', events],
      ['u0', different],
    ],
    where: all([withinHours(from, to, params), conditions(part?.where ?? [], plan, params)]),
  })
}
