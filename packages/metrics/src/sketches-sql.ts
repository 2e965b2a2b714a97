import type { PeriodSpan, TrackingPlan } from '@northstar/catalogue'
import { grouped, type Membership, memberOf } from './counting-sql.ts'
import type { Part } from './kind.ts'
import type { Params } from './params.ts'
import { all, areMadeOfHours, column, conditions, ofEvents, rowTime, withinHours } from './sql.ts'

/** Sketches of numbers by hour and by some properties: enough for percentiles over any hours, of any of the properties' values. */
export interface SketchRollup {
  readonly by: readonly string[]
  /** The numbers, with every level that some metric asks of each: a sketch answers for those that it was made for. */
  readonly numbers: ReadonlyMap<string, readonly number[]>
}

/** Quantiles within 1% of the value at their rank, from DDSketches with the bins of the live counters'. */
export const sketched = (value: string, levels: readonly number[]) => `quantilesDD(0.01, ${levels.join(', ')})(${value})`

/** The levels of the sketches that can answer for a part of percentiles, where there are some. */
export function sketchedLevels(
  [part, ...others]: readonly Part[],
  by: string | undefined,
  spans: readonly PeriodSpan[],
  rollups: readonly SketchRollup[],
): readonly number[] | undefined {
  const { kind, of = '', where = [] } = part ?? {}
  if (kind !== 'percentiles' || others.length > 0 || !areMadeOfHours(spans)) return undefined
  const properties = [...where.map(filter => filter.property), ...(by === undefined ? [] : [by])]
  return rollups.find(rollup => rollup.numbers.has(of) && properties.every(name => rollup.by.includes(name)))?.numbers.get(of)
}

/** What `countingSql` gives for one part of percentiles, at the levels of its sketches. */
export function sketchesSql(
  [part]: readonly Part[],
  by: string | undefined,
  spans: readonly PeriodSpan[],
  levels: readonly number[],
  plan: TrackingPlan,
  params: Params,
  { kept }: Membership = {},
): string {
  const [from, to] = [spans[0]?.from ?? 0, spans.at(-1)?.to ?? 0]
  const time = rowTime(spans, params)
  const value = column(part?.of ?? '')
  // What is selected, and every column that a condition names, is what the projection has: else the engine reads the rows.
  return grouped({
    time,
    member: by === undefined ? undefined : memberOf(by, kept, time, params),
    selected: [
      ['n0', `count(${value})`],
      ['q0', sketched(value, levels)],
    ],
    where: all([ofEvents(part?.events ?? [], params), withinHours(from, to, params), conditions(part?.where ?? [], plan, params)]),
  })
}
