import { sqlLiteral } from '@northstar/catalogue'
import type { QueryContext } from '../kind.ts'
import { column, conditions, EVENTS, keyOf, MS, ofEvents } from '../sql.ts'
import { countUpTo, endsOf } from './ends.ts'
import { NEVER } from './item-steps.ts'

/**
 * For each span and member, over the last days of the span (of the running one, until now): how many different users there were (`users`),
 * and the sum of the days on which each of them was (`user_days`). The days are the calendar's; the last one is that in which the span ends.
 * A row stands for the spans after it too, until the next row.
 */
export function usersOfLastDays(
  { events, days, of }: { readonly events: readonly string[]; readonly days: number; readonly of: string },
  context: QueryContext,
): string {
  const { spans, where, plan, params, timezone, by } = context
  const zone = sqlLiteral(timezone)
  const begins = params.add(
    spans.map(span => span.from),
    'Array(Int64)',
  )
  const member = by === undefined ? '' : ', member'
  const dayOf = (time: string) => `toDate32(toTimeZone(${time}, ${zone}))`
  const firstDay = `subtractDays(${dayOf("fromUnixTimestamp64Milli(ending - 1, 'UTC')")}, ${params.add(days - 1, 'UInt32')})`
  // A user is within the window of each span from the first that ends after the event to the last whose window begins before it. A user's
  // days follow each other, so those spans do too, and what the day before has covered is left out: events are read once.
  return `
    WITH
      ${endsOf(context)} AS ends,
      (SELECT arrayMap(ending -> toUnixTimestamp64Milli(toDateTime64(${firstDay}, 3, ${zone})), ends)) AS firsts,
      (SELECT arrayFilter((place, first, next) -> first != next, arrayEnumerate(firsts), firsts, arrayPushBack(arrayPopFront(firsts), ${NEVER}))) AS lasts,
      (SELECT arrayMap(place -> firsts[place], lasts)) AS starts
    SELECT ${begins}[place + 1] AS span${member}, sum(sum(change.2)) OVER running AS users, sum(sum(change.3)) OVER running AS user_days
    FROM (
      SELECT ${by === undefined ? '' : 'member,'} arraySort(groupArray((${countUpTo('seen', 'ends')}, lasts[${countUpTo('seen', 'starts')}]))) AS windows,
        arrayPushFront(arrayPopBack(arrayMap(w -> w.2, windows)), toUInt32(0)) AS covered,
        arrayConcat(
          arrayMap((w, until) -> (toInt64(greatest(w.1, until)), toInt64(w.2 > until), toInt64(0)), windows, covered),
          arrayMap((w, until) -> (toInt64(w.2), -toInt64(w.2 > until), toInt64(0)), windows, covered),
          arrayMap(w -> (toInt64(w.1), toInt64(0), toInt64(1)), windows),
          arrayMap(w -> (toInt64(w.2), toInt64(0), toInt64(-1)), windows)) AS changes
      FROM (
        SELECT ${keyOf(of)} AS user, ${by === undefined ? '' : `toString(${column(by)}) AS member,`} min(${MS}) AS seen
        FROM ${EVENTS}
        WHERE ${ofEvents(events, params)} AND ${keyOf(of)} != 0 AND ${conditions(where, plan, params)}
          AND timestamp >= fromUnixTimestamp64Milli(firsts[1], 'UTC') AND timestamp < fromUnixTimestamp64Milli(ends[length(ends)], 'UTC')
        GROUP BY user, ${dayOf('timestamp')}${member}
        HAVING ${countUpTo('seen', 'ends')} < lasts[${countUpTo('seen', 'starts')}]
      )
      GROUP BY user${member}
    )
    ARRAY JOIN changes AS change
    WHERE change.1 < ${spans.length}
    GROUP BY change.1 AS place${member}
    WINDOW running AS (${by === undefined ? '' : 'PARTITION BY member '}ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
}
