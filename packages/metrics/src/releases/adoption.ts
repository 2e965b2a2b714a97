import { DAY_MS, HOUR_MS } from '@northstar/catalogue'
import { Params } from '../params.ts'
import { column, distinctIds, EVENTS, MS, since, until } from '../sql.ts'
import type { Release } from './compare.ts'
import type { ReleasesDeps } from './known.ts'
import { NO_RELEASES } from './releases-section.ts'

/** The use of a release in one step of time. */
export interface AdoptionPoint {
  /** Epoch ms. */
  readonly from: number
  readonly sessions: number
  readonly users: number
  /** Fractions of all sessions and of all active users of the step; null if there were none. */
  readonly share_sessions: number | null
  readonly share_users: number | null
}

/** Up to this age a release's adoption has points by the hour. */
const HOURS_UP_TO = 2 * DAY_MS
/** The longest age that adoption covers. */
const MAX_DAYS = 90

/** The distance between points at that age, ms. */
export const adoptionStep = (age: number): number => (age <= HOURS_UP_TO ? HOUR_MS : DAY_MS)

/** The use of a release in steps since it came out, up to `age` ms. Steps without any event are left out. */
export async function readAdoption(
  { catalogue, query }: Pick<ReleasesDeps, 'catalogue' | 'query'>,
  { version, from }: Release,
  age: number,
): Promise<readonly AdoptionPoint[]> {
  const { property } = catalogue.releases ?? NO_RELEASES
  const params = new Params()
  const step = adoptionStep(age)
  const begin = params.add(from, 'Int64')
  const own = `ifNull(toString(${column(property)}) = ${params.add(version, 'String')}, 0)`
  const rows = await query<Record<'step' | 'sessions' | 'users' | 'all_sessions' | 'all_users', number>>(
    `SELECT intDiv(${MS} - ${begin}, ${params.add(step, 'Int64')}) AS step,
       ${distinctIds('session_id', own)} AS sessions, ${distinctIds('session_id')} AS all_sessions,
       ${distinctIds('user_id', own)} AS users, ${distinctIds('user_id')} AS all_users
     FROM ${EVENTS} WHERE ${since(from, params)} AND ${until(from + Math.min(age, MAX_DAYS * DAY_MS), params)}
     GROUP BY step ORDER BY step`,
    params.values,
  )
  const share = (part: number, whole: number) => (Number(whole) > 0 ? Number(part) / Number(whole) : null)
  return rows.map(row => ({
    from: from + Number(row.step) * step,
    sessions: Number(row.sessions),
    users: Number(row.users),
    share_sessions: share(row.sessions, row.all_sessions),
    share_users: share(row.users, row.all_users),
  }))
}
