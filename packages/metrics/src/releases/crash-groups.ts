import { DAY_MS } from '@northstar/catalogue'
import { Params } from '../params.ts'
import { column, distinctIds, EVENTS, MS, ofEvents } from '../sql.ts'
import type { ReleasesDeps } from './known.ts'
import { newestFirst } from './order.ts'
import { NO_RELEASES } from './releases-section.ts'
import { normalizedStack } from './stack-sql.ts'

/** Crashes whose stacks are equal except for addresses, line numbers and generics. */
export interface CrashGroup {
  /** 16 hexadecimal digits: the hash of the normalised stack. */
  readonly group: string
  /** The normalised stack. */
  readonly stack: string
  /** Over the whole history. */
  readonly count: number
  readonly users: number
  /** Crashes of the requested release, or of all. */
  readonly release_count: number
  /** Epoch ms. */
  readonly firstSeen: number
  readonly lastSeen: number
  /** The lowest and the highest release, by semantic version, in which it was seen; null if no crash names a release. */
  readonly first_version: string | null
  readonly last_version: string | null
  /** Whether no release lower than the requested one (default: the newest one that crashed) had it. */
  readonly is_new: boolean
  /** Crashes by release. */
  readonly versions: Readonly<Record<string, number>>
  /** Crashes of the last days, the oldest first. */
  readonly trend: readonly number[]
}

export const TREND_DAYS = 14
const MAX_GROUPS = 100
const MAX_VERSIONS = 50

interface Row {
  readonly group: string
  readonly stack: string
  readonly count: number
  readonly users: number
  readonly own: number
  readonly first: number
  readonly last: number
  readonly versions: readonly string[]
  readonly counts: readonly number[]
  readonly days: readonly number[]
}

/**
 * The 100 groups with most crashes; with a release only groups that it has.
 * Empty where `releases.yaml` names no crash event with a stack.
 */
export async function readCrashGroups({ catalogue, query, now }: ReleasesDeps, release?: string): Promise<readonly CrashGroup[]> {
  const { property, crashes } = catalogue.releases ?? NO_RELEASES
  if (!crashes?.stack) return []
  const params = new Params()
  const [stack, version] = [column(crashes.stack), `ifNull(toString(${column(property)}), '')`]
  const end = params.add(now(), 'Int64')
  const days = Array.from({ length: TREND_DAYS }, (_, day) => `countIf(intDiv(${end} - ${MS}, ${DAY_MS}) = ${TREND_DAYS - 1 - day})`)
  const own = release === undefined ? 'count()' : `countIf(${version} = ${params.add(release, 'String')})`
  const rows = await query<Row>(
    `SELECT ${normalizedStack(`assumeNotNull(${stack})`)} AS stack, lower(hex(sipHash64(stack))) AS group, count() AS count, ${distinctIds('user_id')} AS users,
       ${own} AS own, min(${MS}) AS first, max(${MS}) AS last,
       sumMap([${version}], [toUInt64(1)]) AS by_version, by_version.1 AS versions, by_version.2 AS counts,
       [${days.join(', ')}] AS days
     FROM ${EVENTS} WHERE ${ofEvents([crashes.event], params)} AND isNotNull(${stack})
     GROUP BY stack HAVING own > 0 ORDER BY own DESC, users DESC, group LIMIT ${MAX_GROUPS}`,
    params.values,
  )
  const groups = rows.map(row => ({ row, versions: newestFirst(row.versions.filter(Boolean).map(one => ({ version: one }))) }))
  const newest = release ?? newestFirst(groups.flatMap(({ versions }) => versions))[0]?.version
  return groups.map(({ row, versions }) => ({
    group: row.group,
    stack: row.stack,
    count: Number(row.count),
    users: Number(row.users),
    release_count: Number(row.own),
    firstSeen: Number(row.first),
    lastSeen: Number(row.last),
    first_version: versions.at(-1)?.version ?? null,
    last_version: versions[0]?.version ?? null,
    is_new: versions.length > 0 && versions.at(-1)?.version === newest,
    versions: Object.fromEntries(
      versions.slice(0, MAX_VERSIONS).map(one => [one.version, Number(row.counts[row.versions.indexOf(one.version)])]),
    ),
    trend: row.days.map(Number),
  }))
}
