import { DAY_MS, HOUR_MS, iso, MINUTE_MS } from '@northstar/catalogue'
import { apportion, type Chance, createChance, createRounding } from './chance.ts'
import { type FixedDay, fitTimes, fitUses, fixedDays, isOn } from './days.ts'
import { ScenarioImpossible, type SimulatedUser, simulatePopulation, simulateUses } from './population.ts'
import { type Properties, simulateProperties } from './property-values.ts'
import type { Companion, Scenario } from './scenario.ts'

/** An event in the form of `POST /v1/events`. */
export interface NativeEvent {
  readonly event: string
  readonly id: string
  /** RFC 3339. */
  readonly timestamp: string
  readonly user_id?: string
  readonly session_id?: string
  readonly properties: Properties
}

export interface SimulateOptions {
  readonly seed: number
  /** The start of each week and the end of the last one, epoch ms: one more than the number of weeks. */
  readonly weekStarts: readonly number[]
}

/** Maximum length of a session, including events after its uses, so that a week's events end within the week. */
const LONGEST_SESSION = HOUR_MS
const USES_A_SESSION = 6
/** Multiples of the golden ratio modulo 1 are evenly distributed. */
const GOLDEN = (Math.sqrt(5) - 1) / 2

interface Draft {
  readonly event: string
  readonly time: number
  readonly user?: SimulatedUser
  readonly session?: string
  /** The start of the session, which determines the release. Default: `time`. */
  readonly began?: number
  readonly properties: Properties
}

interface Session {
  readonly id: string
  readonly user: SimulatedUser
  uses: Draft[]
  began: number
  end: number
}

/**
 * Generates the scenario's events, ordered by time. The same scenario, seed and weeks yield the same events and ids; another launch only
 * shifts them.
 * @throws {@link ScenarioImpossible}
 */
export function simulate(scenario: Scenario, options: SimulateOptions): NativeEvent[] {
  const { seed, weekStarts } = options
  const weeks = scenario.active_users.length
  if (scenario.installs.length !== weeks || scenario.uses.length !== weeks || weekStarts.length !== weeks + 1)
    throw new ScenarioImpossible('installs, active_users and uses must have the same number of weeks')
  const chance = createChance(seed)
  const { users, active } = simulatePopulation(scenario, seed, chance)
  const userProperties = drawUserProperties(scenario, users, active.length, chance)
  const installTimes = new Map<SimulatedUser, number>()
  const usesSoFar = new Map<SimulatedUser, number>()
  const besideUse = scenario.beside_use.map(spec => ({ spec, rounded: createRounding() }))
  const perSession = scenario.per_session.map(spec => ({ spec, rounded: createRounding() }))
  const perUser = scenario.per_user.map(spec => ({ spec, rounded: createRounding() }))
  const drafts: Draft[] = []
  const launch = weekStarts[0] ?? 0
  const allSessions: Session[] = []
  const releaseOf = releasesOf(scenario, users, launch)
  const carried = (user: SimulatedUser, time: number) => ({ ...userProperties.get(user), ...releaseOf(user, time) })

  for (const [week, activeUsers] of active.entries()) {
    const start = weekStarts[week] ?? 0
    const end = weekStarts[week + 1] ?? start
    const days = fixedDays(scenario, launch, start, end)
    // Fixed days have their own generator, so that their figures do not change other weeks.
    const dayChance = createChance(seed + 2 + week)
    drafts.push(...installs(scenario, users, week, start, end, days, installTimes, { chance, dayChance }))
    const sessions = weekSessions(scenario, activeUsers, week, start, end, installTimes, chance)
    for (const day of days)
      fitUses(
        sessions.map(session => movable(session, sessions, installTimes)),
        day,
        end - LONGEST_SESSION,
        dayChance,
      )
    allSessions.push(...sessions)
    const uses = sessions.flatMap(session => session.uses)
    drafts.push(...uses)
    for (const { user, uses: made } of sessions) usesSoFar.set(user, (usesSoFar.get(user) ?? 0) + made.length)

    for (const { spec, rounded } of besideUse) {
      const beside = companionsOf(spec, uses, rounded(spec.share, uses.length), chance)
      drafts.push(...(days.length === 0 ? beside : companionsByDay(spec, uses, days, dayChance)))
    }
    const inSession = (spec: Companion, chosen: readonly Session[]) => {
      const own = simulateProperties(spec.properties, chosen.length, chance)
      for (const [i, session] of chosen.entries()) drafts.push({ ...draftOf(session), event: spec.event, properties: own[i] ?? {} })
    }
    for (const { spec, rounded } of perSession) inSession(spec, choose(sessions, rounded(spec.share, sessions.length), chance))
    const lastSessions = [...new Map(sessions.map(session => [session.user, session])).values()]
    for (const { spec, rounded } of perUser) {
      const able = lastSessions.filter(({ user }) => (usesSoFar.get(user) ?? 0) >= spec.after_uses)
      inSession(spec, choose(able, rounded(spec.share, able.length), chance))
    }
  }
  drafts.push(...regressions(scenario, allSessions, carried, createChance(seed + 1)))
  for (const { event, day, properties } of scenario.samples) drafts.push({ event, time: launch + day * DAY_MS, properties })

  return drafts
    .map((draft, i) => [draft, i] as const)
    .sort(([a, i], [b, j]) => a.time - b.time || i - j)
    .map(([{ event, time, user, session, began, properties }], i) => ({
      event,
      id: `${scenario.name}-${seed}-${i}`,
      timestamp: iso(Math.floor(time)),
      ...(user && { user_id: user.id, session_id: session }),
      properties: user ? { ...carried(user, began ?? time), ...properties } : properties,
    }))
}

/** The events that accompany `count` of the uses. */
function companionsOf(spec: Scenario['beside_use'][number], uses: readonly Draft[], count: number, chance: Chance): Draft[] {
  const chosen = choose(uses, count, chance)
  const own = simulateProperties(spec.properties, chosen.length, chance)
  return chosen.map((use, i) => {
    const copied = Object.fromEntries(spec.copy.flatMap(name => (use.properties[name] === undefined ? [] : [[name, use.properties[name]]])))
    return { ...use, event: spec.event, time: use.time + spec.after_seconds * 1000, properties: { ...copied, ...own[i] } }
  })
}

/** Keeps the share exact on each of the days and in the rest of the week. */
function companionsByDay(spec: Scenario['beside_use'][number], uses: readonly Draft[], days: readonly FixedDay[], chance: Chance): Draft[] {
  const rounded = createRounding()
  const rest = uses.filter(({ time }) => !days.some(day => isOn(day, time)))
  const parts = [...days.map(day => uses.filter(({ time }) => isOn(day, time))), rest]
  return parts.flatMap(part => companionsOf(spec, part, rounded(spec.share, part.length), chance))
}

/** A user's first session determines activation and cannot be moved; later ones may be anywhere after it. */
function movable(session: Session, sessions: readonly Session[], installTimes: ReadonlyMap<SimulatedUser, number>) {
  const first = sessions.find(({ user }) => user === session.user)
  const isBound = first === session && installTimes.has(session.user)
  return {
    earliest: isBound ? null : (first?.began ?? session.began),
    useTimes: session.uses.map(({ time }) => time),
    length: session.end - session.began,
    moveTo(time: number) {
      const shift = time - session.began
      session.began += shift
      session.end += shift
      session.uses = session.uses.map(use => ({ ...use, time: use.time + shift, began: session.began }))
    },
  }
}

const draftOf = ({ id, user, began, end }: Session) => ({ time: end, user, session: id, began })

/** Returns a function that determines the release of a user's session. Users switch to a release evenly over the days of its roll-out. */
function releasesOf({ releases }: Scenario, users: readonly SimulatedUser[], launch: number) {
  const lags = new Map(users.map((user, i) => [user, (i * GOLDEN) % 1]))
  return (user: SimulatedUser, time: number): Properties => {
    if (!releases) return {}
    const reached = releases.rollout.findLast(({ day, days }) => time >= launch + (day + days * (lags.get(user) ?? 0)) * DAY_MS)
    return { [releases.property]: (reached ?? releases.rollout[0])?.version ?? '' }
  }
}

/** Events in a share of matching sessions. */
function regressions(
  scenario: Scenario,
  sessions: readonly Session[],
  carried: (user: SimulatedUser, time: number) => Properties,
  chance: Chance,
): Draft[] {
  return scenario.regressions.flatMap(({ event, share, properties, where }) => {
    const met = sessions.filter(({ user, began }) => {
      const own = carried(user, began)
      return Object.entries(where).every(([name, value]) => own[name] === value)
    })
    const chosen = choose(met, Math.round(share * met.length), chance)
    const own = simulateProperties(properties, chosen.length, chance)
    return chosen.map((session, i) => ({ ...draftOf(session), event, properties: own[i] ?? {} }))
  })
}

/** The properties of users: shares are exact among each week's installations, and among users without a counted installation. */
function drawUserProperties(scenario: Scenario, users: readonly SimulatedUser[], weeks: number, chance: Chance) {
  const drawn = new Map<SimulatedUser, Properties>()
  const groups = Array.from({ length: weeks }, (_, week) => users.filter(user => user.installWeek === week))
  groups.push(users.filter(user => user.installWeek === null))
  for (const group of groups) {
    const properties = simulateProperties(scenario.user, group.length, chance)
    for (const [i, user] of group.entries()) drawn.set(user, properties[i] ?? {})
  }
  return drawn
}

function installs(
  scenario: Scenario,
  users: readonly SimulatedUser[],
  week: number,
  start: number,
  end: number,
  days: readonly FixedDay[],
  installTimes: Map<SimulatedUser, number>,
  { chance, dayChance }: { readonly chance: Chance; readonly dayChance: Chance },
): Draft[] {
  const installing = users.filter(user => user.installWeek === week)
  const properties = simulateProperties(scenario.install.properties, installing.length, chance)
  // An installation leaves time to activate before its week ends.
  const free = { from: start, to: end - 3 * LONGEST_SESSION }
  const drawn = installing.map(() => free.from + chance.next() * (free.to - free.from))
  const times = fitTimes(drawn, days, free, dayChance)
  return installing.map((user, i) => {
    const time = times[i] ?? start
    installTimes.set(user, time)
    return { event: scenario.install.event, time, user, session: `${user.id}-install`, properties: properties[i] ?? {} }
  })
}

function weekSessions(
  scenario: Scenario,
  activeUsers: readonly SimulatedUser[],
  week: number,
  start: number,
  end: number,
  installTimes: ReadonlyMap<SimulatedUser, number>,
  chance: Chance,
): Session[] {
  const sizes = apportion(
    activeUsers.length,
    scenario.segments.map(segment => segment.share),
  )
  const segments = chance.shuffle(sizes.flatMap((size, segment) => Array.from({ length: size }, () => segment)))
  const total = scenario.uses[week] ?? 0
  const counts = simulateUses(scenario, segments, total, chance)
  const properties = simulateProperties(scenario.use.properties, total, chance)
  const latest = end - LONGEST_SESSION
  const sessions: Session[] = []
  let taken = 0
  for (const [i, user] of activeUsers.entries()) {
    const left = counts[i] ?? 0
    const first =
      user.firstWeek === week ? firstUse(user, start, latest, installTimes.get(user), chance) : start + chance.next() * (latest - start)
    const times = Array.from({ length: Math.ceil(left / USES_A_SESSION) - 1 }, () => first + chance.next() * (latest - first))
    const starts = [first, ...times.sort((a, b) => a - b)]
    const lengths = apportion(
      left,
      starts.map(() => 1),
    )
    for (const [n, begun] of starts.entries()) {
      const session: Session = { id: `${user.id}-${week}-${n}`, user, uses: [], began: begun, end: begun }
      for (let use = 0; use < (lengths[n] ?? 0); use++) {
        if (use > 0) session.end += (20 + chance.next() * 280) * 1000
        const own = properties[taken++] ?? {}
        session.uses.push({ event: scenario.use.event, time: session.end, user, session: session.id, began: begun, properties: own })
      }
      // Events at the end of a session follow those that accompany its last use.
      session.end += 6 * MINUTE_MS
      sessions.push(session)
    }
  }
  return sessions
}

/** The time of the first use: within a day of installing, more than a day after it, or any time without an installation. */
function firstUse(user: SimulatedUser, start: number, latest: number, installed: number | undefined, chance: Chance): number {
  if (installed === undefined) return start + chance.next() * (latest - start)
  if (user.activated)
    return installed + MINUTE_MS + chance.next() ** 3 * (Math.min(latest, installed + DAY_MS - MINUTE_MS) - installed - MINUTE_MS)
  const earliest = Math.max(start, installed + DAY_MS + MINUTE_MS)
  return earliest + chance.next() * (latest - earliest)
}

function choose<T>(list: readonly T[], n: number, chance: Chance): T[] {
  return chance.shuffle(list).slice(0, n)
}
