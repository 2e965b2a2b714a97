import type { PeriodSpan, TrackingPlan } from '@northstar/catalogue'
import { grouped } from './counting-sql.ts'
import type { Part } from './kind.ts'
import type { Params } from './params.ts'
import { all, areMadeOfHours, column, conditions, ofEvents, rowTime, withinHours } from './sql.ts'

/** A number's sketches by hour and by some properties: enough for percentiles over any hours, of any of the properties' values. */
export interface Rollup {
  readonly of: string
  readonly by: readonly string[]
  /** Every level that some metric asks of the number: a sketch answers for those that it was made for. */
  readonly levels: readonly number[]
}

/** Quantiles within 1% of the value at their rank, from DDSketches with the bins of the live counters'. */
export const sketched = (value: string, levels: readonly number[]) => `quantilesDD(0.01, ${levels.join(', ')})(${value})`

/** The rollup that can answer for a part. */
export function rollupFor(
  part: Part,
  by: string | undefined,
  spans: readonly PeriodSpan[],
  rollups: readonly Rollup[],
): Rollup | undefined {
  if (part.kind !== 'percentiles' || !areMadeOfHours(spans)) return undefined
  const properties = [...part.where.map(filter => filter.property), ...(by === undefined ? [] : [by])]
  return rollups.find(rollup => rollup.of === part.of && properties.every(name => rollup.by.includes(name)))
}

/** What `countingSql` gives for a part of percentiles, at the levels of the rollup, from its sketches. */
export function sketchesSql(
  part: Part,
  { of, levels }: Rollup,
  by: string | undefined,
  spans: readonly PeriodSpan[],
  plan: TrackingPlan,
  params: Params,
): string {
  const [from, to] = [spans[0]?.from ?? 0, spans.at(-1)?.to ?? 0]
  const value = column(of)
  // What is selected, and every column that a condition names, is what the projection has: else the engine reads the rows.
  return grouped({
    time: rowTime(spans, params),
    by,
    selected: [
      ['n0', `count(${value})`],
      ['q0', sketched(value, levels)],
    ],
    where: all([ofEvents(part.events, params), withinHours(from, to, params), conditions(part.where, plan, params)]),
  })
}
