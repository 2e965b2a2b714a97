import type { FieldProblem } from '@northstar/catalogue'
import * as z from 'zod'
import { queriedKind } from '../define.ts'
import { checkEvents, eventsField, eventsTraits } from '../fields.ts'
import { boundsOf, conditions, EVENTS, memberSql, ofEvents, rowTime, USER } from '../sql.ts'

const DIMENSION = 'segment'

type Segments = Readonly<Record<string, { readonly at_least: number; readonly at_most?: number | undefined }>>

/** Problems of empty segments, and of segments that overlap. */
function segmentProblems(named: Segments): readonly FieldProblem[] {
  const segments = Object.entries(named).map(([name, { at_least, at_most = Number.POSITIVE_INFINITY }]) => ({ name, at_least, at_most }))
  const problem = (name: string, message: string) => ({ path: ['segments', name], message })
  if (segments.length === 0) return [{ path: ['segments'], message: 'name at least one segment' }]
  const empty = segments.filter(({ at_least, at_most }) => at_least > at_most)
  if (empty.length > 0) return empty.map(({ name }) => problem(name, `nobody can be in ${name}: at_least is greater than at_most`))
  const ordered = segments.toSorted((a, b) => a.at_least - b.at_least)
  return ordered.slice(1).flatMap((segment, i) => {
    const before = ordered[i]
    if (!before || before.at_most < segment.at_least) return []
    return [problem(segment.name, `${segment.at_least} events are in ${before.name} too: segments must not overlap`)]
  })
}

/** The share of active users by their number of events in the period. Each segment is a part; in a breakdown only events with the member's value count. */
export const segments = queriedKind({
  description: 'Active users by how many events they have in the period: each segment’s share.',
  fields: {
    events: eventsField.describe('The event kinds to count.'),
    segments: z
      .record(
        z.string(),
        z.strictObject({
          at_least: z.int().min(1).default(1).describe('The fewest events. Default: 1.'),
          at_most: z.int().min(1).optional().describe('The most events. Default: any number.'),
        }),
      )
      .describe('The segments by name, each from `at_least` to `at_most` events, both included.'),
  },
  targetDimensions: [DIMENSION],
  units: ['ratio'],
  ...eventsTraits,
  check: ({ events, segments: named }, plan) => [...checkEvents(['events'], events, plan), ...segmentProblems(named)],
  readsEvents: ({ events }) => events,
  empty: { value: null, sample: 0 },
  intrinsic: ({ segments: named }) => ({ name: DIMENSION, members: Object.keys(named) }),
  query({ events, segments: named }, { spans, where, plan, params, by }) {
    const [from, to] = boundsOf(spans)
    const time = rowTime(spans, params)
    const { member, selected } = memberSql(by)
    const names = params.add(Object.keys(named), 'Array(String)')
    const matches = Object.values(named).map(
      ({ at_least, at_most }) =>
        `countIf(n >= ${params.add(at_least, 'UInt64')}${at_most === undefined ? '' : ` AND n <= ${params.add(at_most, 'UInt64')}`})`,
    )
    return `
      SELECT ${time.ms('began')} AS span, cell.1 AS part${member}, cell.2 / users AS value, users AS sample
      FROM (
        SELECT began${member}, count() AS users, arrayZip(${names}, [${matches.join(', ')}]) AS cells
        FROM (
          SELECT ${time.began()} AS began, ${USER} AS user${selected}, count() AS n
          FROM ${EVENTS}
          WHERE ${ofEvents(events, params)} AND ${USER} != 0 AND ${time.within(from, to)}
            AND ${conditions(where, plan, params)}
          GROUP BY began, user${member}
        )
        GROUP BY began${member}
      )
      ARRAY JOIN cells AS cell`
  },
})
