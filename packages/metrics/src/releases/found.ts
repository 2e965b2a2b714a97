import type { Query } from '../counted.ts'
import { Params } from '../params.ts'
import { column, EVENTS, keyOf, MS } from '../sql.ts'

/** A release as its events show it. */
export interface FoundRelease {
  readonly version: string
  /** Epoch ms of the first and the last event. */
  readonly firstSeen: number
  readonly lastSeen: number
  /** Different sessions, ever and since the time asked for. */
  readonly sessions: number
  readonly recentSessions: number
  /** Its share of all releases' recent sessions; null where there are none. */
  readonly share: number | null
}

/** Senders choose versions: so many with most sessions are listed. */
const RELEASES_MOST = 200

/**
 * The releases that events name, the one first seen last first.
 * @param property the property that names an event's release
 * @param since from when on sessions are recent, epoch ms
 */
export async function findReleases(query: Query, property: string, since: number): Promise<readonly FoundRelease[]> {
  const params = new Params()
  const [version, session] = [column(property), keyOf('session_id')]
  const rows = await query<{ version: string; first: number; last: number; sessions: number; recent: number }>(
    `SELECT toString(${version}) AS version, min(${MS}) AS first, max(${MS}) AS last, uniqExactIf(${session}, ${session} != 0) AS sessions,
       uniqExactIf(${session}, ${session} != 0 AND ${MS} >= ${params.add(since, 'Int64')}) AS recent
     FROM ${EVENTS} WHERE isNotNull(${version}) AND ${version} != ''
     GROUP BY ${version} ORDER BY sessions DESC, version LIMIT ${RELEASES_MOST}`,
    params.values,
  )
  const recent = rows.reduce((sum, row) => sum + Number(row.recent), 0)
  return rows
    .map(row => ({
      version: row.version,
      firstSeen: Number(row.first),
      lastSeen: Number(row.last),
      sessions: Number(row.sessions),
      recentSessions: Number(row.recent),
      share: recent > 0 ? Number(row.recent) / recent : null,
    }))
    .toSorted((a, b) => b.firstSeen - a.firstSeen)
}
