import type { PeriodSpan, TrackingPlan } from '@northstar/catalogue'
import { grouped, type Membership, memberOf } from './counting-sql.ts'
import type { Part } from './kind.ts'
import type { Params } from './params.ts'
import { all, areMadeOfHours, boundsOf, column, conditions, ofEvents, propertiesOf, rowTime, withinHours } from './sql.ts'

/** Sketches of numbers by hour and by some properties: enough for percentiles over any hours, of any of the properties' values. */
export interface SketchRollup {
  readonly by: readonly string[]
  /** The numbers with the levels that metrics ask of each: a sketch answers only the levels that it was created for. */
  readonly numbers: ReadonlyMap<string, readonly number[]>
}

/** Quantiles within 1% of the value at their rank, from DDSketches with the bins of the live counters'. */
export const sketched = (value: string, levels: readonly number[]) => `quantilesDD(0.01, ${levels.join(', ')})(${value})`

/** The levels of the sketches that can answer a part of percentiles; undefined without such sketches. */
export function sketchedLevels(
  [part, ...others]: readonly Part[],
  by: string | undefined,
  spans: readonly PeriodSpan[],
  rollups: readonly SketchRollup[],
): readonly number[] | undefined {
  const { kind, of = '', where = [] } = part ?? {}
  if (kind !== 'percentiles' || others.length > 0 || !areMadeOfHours(spans)) return undefined
  const properties = propertiesOf(by, where)
  return rollups.find(rollup => rollup.numbers.has(of) && properties.every(name => rollup.by.includes(name)))?.numbers.get(of)
}

/** The query of one part of percentiles, with the columns of `countingSql`, at the levels of its sketches. */
export function sketchesSql(
  [part]: readonly Part[],
  by: string | undefined,
  spans: readonly PeriodSpan[],
  levels: readonly number[],
  plan: TrackingPlan,
  params: Params,
  { kept }: Membership = {},
): string {
  const [from, to] = boundsOf(spans)
  const time = rowTime(spans, params)
  const value = column(part?.of ?? '')
  // Only columns of the projection are selected or compared: otherwise the engine would read the rows.
  return grouped({
    time,
    member: memberOf(by, kept, time, params),
    selected: [
      ['n0', `count(${value})`],
      ['q0', sketched(value, levels)],
    ],
    where: all([ofEvents(part?.events ?? [], params), withinHours(from, to, params), conditions(part?.where ?? [], plan, params)]),
  })
}
