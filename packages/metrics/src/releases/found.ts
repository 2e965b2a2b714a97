import type { Query } from '../counted.ts'
import { Params } from '../params.ts'
import { column, distinctIds, EVENTS, MS } from '../sql.ts'

/** A release that events name. */
export interface FoundRelease {
  readonly version: string
  /** Epoch ms of the first event. */
  readonly firstSeen: number
  /** All different sessions and users so far. */
  readonly sessions: number
  readonly users: number
  /** Its share of the recent sessions of all releases; null without any. */
  readonly share: number | null
}

/** Maximum number of versions that are listed, those with most recent sessions: senders choose versions freely. */
export const MAX_RELEASES = 200

/**
 * The releases that events name.
 * @param property the property that names an event's release
 * @param since start of the recent sessions that shares are counted from, epoch ms
 */
export async function findReleases(query: Query, property: string, since: number): Promise<readonly FoundRelease[]> {
  const params = new Params()
  const version = column(property)
  const recently = `${MS} >= ${params.add(since, 'Int64')}`
  const rows = await query<{ version: string; first: number; sessions: number; users: number; recent: number }>(
    `SELECT toString(${version}) AS version, min(${MS}) AS first, ${distinctIds('session_id')} AS sessions,
       ${distinctIds('user_id')} AS users, ${distinctIds('session_id', recently)} AS recent
     FROM ${EVENTS} WHERE isNotNull(${version}) AND toString(${version}) != ''
     GROUP BY ${version} ORDER BY recent DESC, sessions DESC, version LIMIT ${MAX_RELEASES}`,
    params.values,
  )
  const recent = rows.reduce((sum, row) => sum + Number(row.recent), 0)
  return rows.map(row => ({
    version: row.version,
    firstSeen: Number(row.first),
    sessions: Number(row.sessions),
    users: Number(row.users),
    share: recent > 0 ? Number(row.recent) / recent : null,
  }))
}
