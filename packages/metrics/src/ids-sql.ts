import type { PeriodSpan, TrackingPlan } from '@northstar/catalogue'
import { grouped, type Membership, memberOf } from './counting-sql.ts'
import type { Part } from './kind.ts'
import type { Params } from './params.ts'
import { all, areMadeOfHours, conditions, keyOf, rowTime, withinHours } from './sql.ts'

/** The different users or sessions of any event by hour and by some properties, exactly: a session has many events, but few hours. */
export interface IdRollup {
  readonly of: string
  readonly by: readonly string[]
}

/** How many events are of somebody, and of how many. */
export function idsOf(of: string): readonly [events: string, different: string] {
  const key = keyOf(of)
  return [`countIf(${key} != 0)`, `uniqExactIf(${key}, ${key} != 0)`]
}

/** Whether some rollup knows how many different ids a part has. */
export function areKept(
  [part, ...others]: readonly Part[],
  by: string | undefined,
  spans: readonly PeriodSpan[],
  rollups: readonly IdRollup[],
): boolean {
  if (part?.kind !== 'unique' || part.events.length > 0 || others.length > 0 || !areMadeOfHours(spans)) return false
  const properties = [...part.where.map(filter => filter.property), ...(by === undefined ? [] : [by])]
  return rollups.some(rollup => rollup.of === part.of && properties.every(name => rollup.by.includes(name)))
}

/** What `countingSql` gives for one such part. */
export function idsSql(
  [part]: readonly Part[],
  by: string | undefined,
  spans: readonly PeriodSpan[],
  _levels: readonly number[],
  plan: TrackingPlan,
  params: Params,
  { kept }: Membership = {},
): string {
  const [from, to] = [spans[0]?.from ?? 0, spans.at(-1)?.to ?? 0]
  const time = rowTime(spans, params)
  const [events, different] = idsOf(part?.of ?? '')
  // As in sketchesSql, nothing is named that the projection lacks.
  return grouped({
    time,
    member: by === undefined ? undefined : memberOf(by, kept, time, params),
    selected: [
      ['n0', events],
      ['u0', different],
    ],
    where: all([withinHours(from, to, params), conditions(part?.where ?? [], plan, params)]),
  })
}
