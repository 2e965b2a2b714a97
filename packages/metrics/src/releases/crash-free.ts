import { Params } from '../params.ts'
import { column, distinctIds, EVENTS, MS, ofEvents } from '../sql.ts'
import { differenceOfProportions, type Proportion } from './intervals.ts'
import { type KnownRelease, type ReleasesDeps, releaseBefore } from './known.ts'
import { NO_RELEASES } from './releases-section.ts'
import { type Verdict, verdictOf } from './verdict.ts'

/** The parts of a release's sessions and users without a crash since it came out. */
export interface CrashFree {
  /** Fractions of 1; null without a declared crash event, sessions or users. */
  readonly sessions: number | null
  readonly users: number | null
  /** The verdict on crash-free sessions, compared with the preceding release at the same age. */
  readonly verdict: Verdict
}

interface Row {
  readonly version: string
  readonly sessions: number
  readonly crashed_sessions: number
  readonly users: number
  readonly crashed_users: number
  /** Sessions within the age at which the release is compared with the preceding one (`own`), and with the following one (`prior`). */
  readonly own: number
  readonly own_crashed: number
  readonly prior: number
  readonly prior_crashed: number
}

/** Crash-free sessions and users of releases, by version: one query for all of them. */
export async function readCrashFree(
  { catalogue, query, now }: ReleasesDeps,
  releases: readonly KnownRelease[],
): Promise<ReadonlyMap<string, CrashFree>> {
  const { property, crashes } = catalogue.releases ?? NO_RELEASES
  if (!crashes || releases.length === 0) return new Map()
  const at = now()
  const params = new Params()
  const version = `toString(${column(property)})`
  const versions = params.add(
    releases.map(one => one.version),
    'Array(String)',
  )
  const ages = new Map(releases.map(one => [one.version, at - Math.max(one.from, releaseBefore(releases, one.version)?.from ?? one.from)]))
  const timeOf = (value: (release: KnownRelease, index: number) => number) =>
    `transform(assumeNotNull(${version}), ${versions}, ${params.add(releases.map(value), 'Array(Int64)')}, toInt64(0))`
  const ends = {
    own: timeOf(one => one.from + (ages.get(one.version) ?? 0)),
    prior: timeOf((one, index) => one.from + (ages.get(releases[index - 1]?.version ?? '') ?? 0)),
  }
  const crashed = ofEvents([crashes.event], params)
  const counts = (name: string, of: string) => `${distinctIds(of)} AS ${name}, ${distinctIds(of, crashed)} AS crashed_${name}`
  const within = (name: string, end: string) => `${distinctIds('session_id', `${MS} < ${end}`)} AS ${name},
     ${distinctIds('session_id', `${crashed} AND ${MS} < ${end}`)} AS ${name}_crashed`
  const rows = await query<Row>(
    `SELECT ${version} AS version, ${counts('sessions', 'session_id')}, ${counts('users', 'user_id')},
       ${within('own', ends.own)}, ${within('prior', ends.prior)}
     FROM ${EVENTS} WHERE ${version} IN ${versions} AND ${MS} >= ${timeOf(one => one.from)} GROUP BY version`,
    params.values,
  )
  const byVersion = new Map(rows.map(row => [row.version, row]))
  return new Map(
    rows.map(row => {
      const before = releaseBefore(releases, row.version)
      const other = before ? byVersion.get(before.version) : undefined
      return [
        row.version,
        {
          sessions: freeShare(row.sessions, row.crashed_sessions),
          users: freeShare(row.users, row.crashed_users),
          verdict: verdictOn(
            { count: Number(row.own_crashed), total: Number(row.own) },
            { count: Number(other?.prior_crashed ?? 0), total: Number(other?.prior ?? 0) },
          ),
        },
      ]
    }),
  )
}

const freeShare = (all: number, crashed: number) => (Number(all) > 0 ? 1 - Number(crashed) / Number(all) : null)

function verdictOn(own: Proportion, other: Proportion): Verdict {
  const interval = own.total > 0 && other.total > 0 ? differenceOfProportions(own, other) : null
  return verdictOf(interval, 'at_most', [own.total, other.total])
}
