import { duration, type FieldProblem, type Filter, whereSchema } from '@northstar/catalogue'
import * as z from 'zod'
import { queriedKind } from '../define.ts'
import { checkPart, dimensionsOf, eventsField } from '../fields.ts'
import type { QueryContext } from '../kind.ts'
import { boundsOf, conditions, EVENTS, MS, memberSql, NEVER, ofEvents, rowTime, since, spanOf, USER, until } from '../sql.ts'
import { inUnit } from './statistic.ts'

const DIMENSION = 'funnel_step'

const step = z.strictObject({
  name: z.string().min(1).max(60).describe('The name that people read.'),
  events: eventsField.describe('The event kinds by which a user takes the step.'),
  where: whereSchema.default([]),
})
type Step = z.output<typeof step>

/**
 * How many of the users who took the first step in the period reached each further step, in order and within a time of the first. A user
 * enters a period once, with the first such event in it, and takes each step with the first fitting event that is not earlier than the preceding
 * step. If both steps have an event kind in common, the event must be later, since one event is not two steps.
 */
export const funnel = queriedKind({
  description: 'Users who take steps in order within a time: the share that reaches each step, is lost at it, or the median time to it.',
  fields: {
    steps: z.array(step).min(2).max(10).describe('The steps in order: `name`, `events` and `where` of each.'),
    within: duration.describe('The time from the first step in which the others count, such as 7d.'),
    statistic: z
      .enum(['conversion', 'drop_off', 'time_to_convert'])
      .default('conversion')
      .describe(
        'conversion: the share of those who entered; drop_off: the share of those at the step before who did not go on; time_to_convert: the median time since the first step. Default: conversion.',
      ),
  },
  targetDimensions: [DIMENSION],
  units: ['ratio', 'ms', 'hours'],
  check: ({ steps }, plan) => [...steps.flatMap((one, i) => checkPart(['steps', i], one, plan)), ...repeatedNames(steps)],
  dimensions: ({ steps }, plan) => dimensionsOf(steps[0]?.events ?? [], plan),
  settlesAfter: ({ within }) => within,
  empty: { value: null, sample: 0 },
  intrinsic: ({ steps }) => ({ name: DIMENSION, members: steps.map(({ name }) => name), ordered: true }),
  query({ steps, within, statistic }, context) {
    const { unit, by, params } = context
    const { member } = memberSql(by)
    const cells = steps.map(({ name }, i) => {
      const reached = `countIf(at_${i} != ${NEVER})`
      const before = i === 0 ? 'NULL' : `countIf(at_${i - 1} != ${NEVER})`
      const [value, sample] = {
        conversion: [`${reached} / count()`, 'count()'] as const,
        drop_off: [`1 - ${reached} / ${before}`, i === 0 ? 'count()' : before] as const,
        time_to_convert: [`quantileExactInclusiveIf(0.5)(${inUnit(`at_${i} - at_0`, unit)}, at_${i} != ${NEVER})`, reached] as const,
      }[statistic]
      return `(${params.add(name, 'String')}, if(${sample} > 0, toFloat64(${value}), NULL), ${sample})`
    })
    return `
      SELECT span${member}, cell.1 AS part, cell.2 AS value, cell.3 AS sample
      FROM (
        SELECT span${member}, [${cells.join(', ')}] AS cells
        FROM (${takenSteps(steps, within, context)})
        GROUP BY span${member}
      )
      ARRAY JOIN cells AS cell`
  },
})

function repeatedNames(steps: readonly Step[]): readonly FieldProblem[] {
  return steps.flatMap(({ name }, i) =>
    steps.findIndex(other => other.name === name) < i ? [{ path: ['steps', i, 'name'], message: `another step is named ${name}` }] : [],
  )
}

/** A query with a row for each entry: its span, its member, and the times of the steps `at_0`, `at_1` …, epoch ms or {@link NEVER}. */
function takenSteps(steps: readonly Step[], within: number, context: QueryContext): string {
  const [first, ...others] = steps as readonly [Step, ...Step[]]
  const { spans, where, params, by } = context
  const [from, to] = boundsOf(spans)
  const { member, selected } = memberSql(by)
  const entered = `
    SELECT ${USER} AS user, ${spanOf(MS, spans, params)} AS span${selected}, min(${MS}) AS at_0
    FROM ${EVENTS}
    WHERE ${rowsOf(first, where, context)} AND ${rowTime(spans, params).within(from, to)}
    GROUP BY user, span${member}`
  return others.reduce((taken, one, i) => {
    const before = steps[i]
    const isLater = before?.events.some(event => one.events.includes(event)) ? '>' : '>='
    const known = [...Array(i + 1).keys()].map(k => `, at_${k}`).join('')
    return `
    SELECT user, span${member}${known}, if(found AND at <= at_0 + ${params.add(within, 'Int64')}, at, ${NEVER}) AS at_${i + 1}
    FROM (${taken}) AS taken
    ASOF LEFT JOIN (
      SELECT ${USER} AS user, ${MS} AS at, 1 AS found
      FROM ${EVENTS}
      WHERE ${rowsOf(one, [], context)} AND ${since(from, params)} AND ${until(to + within + 1, params)}
    ) AS next ON next.user = taken.user AND next.at ${isLater} taken.at_${i}`
  }, entered)
}

const rowsOf = ({ events, where }: Step, filters: readonly Filter[], { plan, params }: QueryContext) =>
  `${ofEvents(events, params)} AND ${USER} != 0 AND ${conditions([...where, ...filters], plan, params)}`
