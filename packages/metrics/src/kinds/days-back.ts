import { sqlLiteral } from '@northstar/catalogue'
import type { QueryContext } from '../kind.ts'
import { beginsOf, conditions, EVENTS, keyOf, MS, memberSql, NEVER, ofEvents } from '../sql.ts'
import { countUpTo, endsOf } from './ends.ts'

/**
 * A query over the last days of each span (of the running one, until now) by member: the number of different users (`users`), and the sum of
 * the days on which each of them was active (`user_days`). The days are the calendar's; the last one is that in which the span ends. A row also
 * counts for the spans after it, until the next row.
 */
export function usersOfLastDays(
  { events, days, of }: { readonly events: readonly string[]; readonly days: number; readonly of: string },
  context: QueryContext,
): string {
  const { spans, where, plan, params, timezone, by } = context
  const zone = sqlLiteral(timezone)
  const { member, selected } = memberSql(by)
  const dayOf = (time: string) => `toDate32(toTimeZone(${time}, ${zone}))`
  const firstDay = `subtractDays(${dayOf("fromUnixTimestamp64Milli(ending - 1, 'UTC')")}, ${params.add(days - 1, 'UInt32')})`
  // An event lies in the windows of the spans from the first that ends after it to the last whose window begins before it. These runs of spans
  // are ordered as a user's days are, so the part that an earlier day covers is subtracted, and events are read once.
  return `
    WITH
      ${endsOf(context)} AS ends,
      (SELECT arrayMap(ending -> toUnixTimestamp64Milli(toDateTime64(${firstDay}, 3, ${zone})), ends)) AS firsts,
      (SELECT arrayFilter((place, first, next) -> first != next, arrayEnumerate(firsts), firsts, arrayPushBack(arrayPopFront(firsts), ${NEVER}))) AS lasts,
      (SELECT arrayMap(place -> firsts[place], lasts)) AS starts
    SELECT ${beginsOf(spans, params)}[place + 1] AS span${member}, sum(sum(change.2)) OVER running AS users, sum(sum(change.3)) OVER running AS user_days
    FROM (
      SELECT arraySort(groupArray((${countUpTo('seen', 'ends')}, lasts[${countUpTo('seen', 'starts')}]))) AS windows${member},
        arrayPushFront(arrayPopBack(arrayMap(w -> w.2, windows)), toUInt32(0)) AS covered,
        arrayConcat(
          arrayMap((w, until) -> (toInt64(greatest(w.1, until)), toInt64(w.2 > until), toInt64(0)), windows, covered),
          arrayMap((w, until) -> (toInt64(w.2), -toInt64(w.2 > until), toInt64(0)), windows, covered),
          arrayMap(w -> (toInt64(w.1), toInt64(0), toInt64(1)), windows),
          arrayMap(w -> (toInt64(w.2), toInt64(0), toInt64(-1)), windows)) AS changes
      FROM (
        SELECT ${keyOf(of)} AS user${selected}, min(${MS}) AS seen
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
    WINDOW running AS (${member && 'PARTITION BY member '}ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
}
