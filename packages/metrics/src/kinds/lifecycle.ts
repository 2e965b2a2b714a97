import { queriedKind } from '../define.ts'
import { eventsField, eventsTraits } from '../fields.ts'
import type { QueryContext } from '../kind.ts'
import { beginsOf, boundsOf, conditions, EVENTS, firstsOf, MS, memberSql, NEVER, ofEvents, rowTime, USER, until } from '../sql.ts'

const DIMENSION = 'lifecycle'
const STATES = ['new', 'returning', 'resurrected']

/**
 * The users of the period by their state before it: `new` had no such event before it, `returning` had one in the period before,
 * `resurrected` had one only earlier. The sample is all users of the period. In a breakdown only events with the member's value count.
 */
export const lifecycle = queriedKind({
  description: 'The users of the period: new, returning from the period before, and resurrected after a pause.',
  fields: { events: eventsField.describe('The event kinds that make a user active.') },
  targetDimensions: [DIMENSION],
  accumulates: true,
  units: ['count', 'number'],
  ...eventsTraits,
  empty: { value: 0, sample: 0 },
  intrinsic: () => ({ name: DIMENSION, members: STATES }),
  query({ events }, context) {
    const { spans, before, where, plan, params, by } = context
    const [from, to] = boundsOf(spans)
    // The part of the first period that the question cuts off belongs to the period before the second one.
    const isCut = before.to < from
    const pieces = [before, ...(isCut ? [{ from: before.to, to: from }] : []), ...spans]
    const earlier = pieces.length - spans.length
    const time = rowTime(pieces, params)
    const begins = beginsOf(spans, params)
    const periods = params.add([before.to, ...spans.slice(1).map(span => span.from)], 'Array(Int64)')
    const { member, selected } = memberSql(by)
    const cutOff = isCut ? ' OR (place = 2 AND has(active, 1))' : ''
    const counts = STATES.map(state => `countIf(state = '${state}')`)
    return `
      SELECT span${member}, cell.1 AS part, cell.2 AS value, users AS sample
      FROM (
        SELECT ${begins}[place] AS span${member}, count() AS users, arrayZip(${params.add(STATES, 'Array(String)')}, [${counts.join(', ')}]) AS cells
        FROM (
          SELECT place${member}, multiIf(began >= ${periods}[place], 'new', has(active, if(place = 1, 0, piece - 1))${cutOff}, 'returning', 'resurrected') AS state
          FROM (
            SELECT min(first) AS began${member}, groupArrayArray(places) AS active
            FROM (
              SELECT user, began AS first${member}, CAST([], 'Array(UInt64)') AS places FROM (${firsts(events, to, context)})
              UNION ALL
              SELECT ${USER} AS user, ${NEVER} AS first${selected}, ${time.places()} AS places
              FROM ${EVENTS}
              WHERE ${ofEvents(events, params)} AND ${USER} != 0 AND ${time.within(before.from, to)} AND ${conditions(where, plan, params)}
              GROUP BY user${member}
            )
            GROUP BY user${member}
          )
          ARRAY JOIN arrayFilter(one -> one >= ${earlier}, active) AS piece, arrayMap(one -> one - ${earlier - 1}, arrayFilter(one -> one >= ${earlier}, active)) AS place
        )
        GROUP BY place${member}
      )
      ARRAY JOIN cells AS cell`
  },
})

/** When each user had the first event (`began`); with a breakdown, the first with each of its values. */
function firsts(events: readonly string[], to: number, { where, plan, params, by }: QueryContext): string {
  if (by === undefined) return firstsOf(events, { to, where, plan, params })
  return `
    SELECT ${USER} AS user${memberSql(by).selected}, min(${MS}) AS began
    FROM ${EVENTS} WHERE ${ofEvents(events, params)} AND ${USER} != 0 AND ${until(to, params)} AND ${conditions(where, plan, params)}
    GROUP BY user, member`
}
