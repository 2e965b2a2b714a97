import { formatValue } from '@northstar/alerting'
import { DAY_MS, derived, iso, nearest, sensitiveProperties, titlesOf, valueTitle } from '@northstar/catalogue'
import { api, type GateAnswer, type ListedRelease } from '@northstar/http-api'
import {
  adoptionStep,
  type CrashFree,
  createReadReleases,
  createReleaseComparison,
  type GateFacts,
  type GateValue,
  gatePassed,
  judgeGate,
  type KnownRelease,
  type LimitCheck,
  type MetricReader,
  NO_RELEASES,
  type ReleasesDeps,
  readAdoption,
  readCrashFree,
  readCrashGroups,
  releaseBefore,
  trendOf,
} from '@northstar/metrics'
import { createShares, type FastifyPluginAsync, HttpProblem, handle } from '@northstar/runtime'
import { withProblems } from './metric-problem.ts'
import type { UnknownReader } from './unknown.ts'

export interface ReleaseRoutesDeps extends ReleasesDeps {
  readonly reader: MetricReader
  /** The firing alerts. */
  readonly firing: () => Promise<GateFacts['firing']>
  readonly unknown?: UnknownReader
}

/** Limits for an identity: one comparison at a time, since it runs many queries. */
const SHARES = { atOnce: 1, waiting: 20 }
/** Maximum length of the list. */
const MAX_LISTED = 100

/** The releases, their comparison and the gate. */
export function releaseRoutes(deps: ReleaseRoutesDeps): FastifyPluginAsync {
  const { catalogue, query, now } = deps
  const definition = catalogue.releases ?? NO_RELEASES
  const sensitive = derived(catalogue.plan, sensitiveProperties)
  const stackIsSensitive = () => sensitive().has(definition.crashes?.stack ?? '')
  const readReleases = createReadReleases(deps)
  const compare = createReleaseComparison({ catalogue, query, now })
  const shares = createShares(SHARES)

  /** A release and the one that it is compared with. @throws HttpProblem 404 */
  async function named(version: string, against: string | undefined) {
    const releases = await readReleases()
    const release = find(releases, version)
    return { release, other: against === undefined ? releaseBefore(releases, version) : find(releases, against) }
  }

  const gate = createGate(deps, readReleases, compare)

  return async fastify => {
    handle(fastify, api.releases.list, async ({ caller, disconnected }) => ({
      releases: await shares.run({ caller, disconnected }, async () => {
        const releases = (await readReleases()).slice(0, MAX_LISTED)
        const crashFree = await readCrashFree(deps, releases)
        return releases.map(release => listed(release, crashFree.get(release.version), now()))
      }),
    }))

    handle(fastify, api.releases.read, async ({ params, query: { against }, caller, disconnected }) => {
      const { release, other } = await named(params.version, against)
      const age = Math.max(0, now() - Math.max(release.from, other?.from ?? release.from))
      return withProblems(async () => {
        const [compared, own, before] = await shares.run({ caller, disconnected }, () =>
          Promise.all([
            compare(release, other, { by: definition.by }),
            readAdoption(deps, release, age),
            other ? readAdoption(deps, other, age) : [],
          ]),
        )
        const points = (adoption: typeof own) => adoption.map(({ from, ...point }) => ({ from: iso(from), ...point }))
        return {
          version: release.version,
          ...described(release),
          against: other?.version ?? null,
          ...compared,
          metrics: compared.metrics.map(one => ({ ...one, interval: one.interval ? ([...one.interval] as [number, number]) : null })),
          adoption: { step_seconds: adoptionStep(age) / 1_000, own: points(own), against: points(before) },
        }
      })
    })

    handle(fastify, api.releases.crashGroups, async ({ query: { release }, caller, disconnected }) => {
      if (release !== undefined) find(await readReleases(), release)
      const groups = await shares.run({ caller, disconnected }, () => readCrashGroups(deps, release))
      return {
        release: release ?? null,
        groups: groups.map(({ firstSeen, lastSeen, trend, ...group }) => ({
          ...group,
          stack: stackIsSensitive() && !caller.sensitive ? null : group.stack,
          first_seen: iso(firstSeen),
          last_seen: iso(lastSeen),
          trend: [...trend],
        })),
      }
    })

    handle(fastify, api.releases.gate, ({ params, query: { against }, caller, disconnected }) =>
      withProblems(() => shares.run({ caller, disconnected }, () => gate(params.version, against))),
    )
  }
}

/** Returns a function that evaluates the gate of a release. */
function createGate(
  { catalogue, now, firing, reader, unknown }: ReleaseRoutesDeps,
  readReleases: ReturnType<typeof createReadReleases>,
  compare: ReturnType<typeof createReleaseComparison>,
) {
  const definition = catalogue.releases ?? NO_RELEASES
  const titles = derived(catalogue.plan, titlesOf)

  async function measure(check: LimitCheck, release: KnownRelease | null): Promise<GateValue> {
    const { metric, where, of_release } = check
    if (of_release && !release) return { value: null, sample: 0 }
    const to = now()
    const known = catalogue.metrics.get(metric)
    const found = known && (await unknown?.(known, to))
    if (found) {
      const since = found.since === null ? '' : ` since ${iso(found.since)}`
      return { value: null, sample: 0, unknown: `${since}: ${found.reason}` }
    }
    const question = { metric, where, to, period: 'total', source: 'warehouse' } as const
    const asked = of_release && release ? { ...question, from: release.from, release: release.version } : { ...question, from: to - DAY_MS }
    const point = (await reader.read(asked)).points[0] ?? { value: null, sample: 0 }
    if (point.sample > 0 || trendOf(known) !== 'stands') return point
    // Zero open items are a known value only if other items are tracked.
    const [whole] = (await reader.read({ ...asked, where: {} })).points
    return { value: point.value, sample: whole?.sample ?? 0 }
  }

  return async function gate(version: string, against: string | undefined): Promise<GateAnswer> {
    const releases = await readReleases()
    const release = releases.find(one => one.version === version)
    if (!release) return unseen(version, against ?? null, releases)
    const other = against === undefined ? releaseBefore(releases, version) : find(releases, against)
    const checks = definition.gate
    const worse = checks.flatMap(check => ('not_worse' in check ? [check] : []))
    const metrics = worse.map(check => check.not_worse)
    const by = [...new Set(worse.flatMap(check => check.by ?? []))]
    const limits = checks.flatMap(check => ('metric' in check ? [check] : []))
    const [comparison, alerts, ...values] = await Promise.all([
      other && metrics.length > 0 ? compare(release, other, { metrics, by }).then(compared => compared.metrics) : [],
      firing(),
      ...limits.map(check => measure(check, release)),
    ])
    const measured = new Map(limits.map((check, i) => [check, values[i] ?? { value: null, sample: 0 }]))
    const results = judgeGate(checks, {
      release: version,
      against: other?.version ?? null,
      comparison,
      firing: alerts,
      measured: check => measured.get(check) ?? { value: null, sample: 0 },
      metricTitle: metric => catalogue.metrics.get(metric)?.title ?? metric,
      valueTitle: (property, value) => valueTitle(titles(), property, value),
      format: (metric, value, otherValue) => formatValue(value, catalogue.metrics.get(metric)?.unit, otherValue),
    })
    const passed = gatePassed(results)
    const enough = results.every(one => one.passed !== null)
    return { release: version, against: other?.version ?? null, passed: passed === true, enough_data: enough, checks: results }
  }
}

const described = ({ from, declared }: KnownRelease) => ({
  date: iso(from),
  stage: declared?.stage ?? null,
  rollout: declared?.share ?? null,
  notes: declared?.notes ?? null,
})

function listed(release: KnownRelease, crashFree: CrashFree | undefined, at: number): ListedRelease {
  const { version, from, firstSeen, sessions, users, share } = release
  return {
    version,
    ...described(release),
    first_seen: firstSeen === null ? null : iso(firstSeen),
    age_days: (at - from) / DAY_MS,
    sessions,
    users,
    share,
    crash_free_sessions: crashFree?.sessions ?? null,
    crash_free_users: crashFree?.users ?? null,
    verdict: crashFree?.verdict ?? 'not_enough_data',
  }
}

const versionsOf = (releases: readonly KnownRelease[]) => releases.map(({ version }) => version)

function find(releases: readonly KnownRelease[], version: string): KnownRelease {
  const release = releases.find(one => one.version === version)
  if (release) return release
  const valid = versionsOf(releases)
  const near = nearest(version, valid)
  throw new HttpProblem({
    status: 404,
    code: 'unknown_release',
    detail: unseenText(version, near),
    valid,
    ...(near !== undefined && { nearest: near }),
  })
}

const unseenText = (version: string, near: string | undefined) =>
  `No event of release "${version.slice(0, 100)}" has arrived${near === undefined ? '.' : `; did you mean "${near}"?`}`

/** The gate of a release without events. A pipeline may run before the first events arrive. */
function unseen(release: string, against: string | null, releases: readonly KnownRelease[]): GateAnswer {
  const reason = unseenText(release, nearest(release, versionsOf(releases)))
  const check = { name: 'release_seen', passed: null, value: null, limit: null, reason }
  return { release, against, passed: false, enough_data: false, checks: [check] }
}
