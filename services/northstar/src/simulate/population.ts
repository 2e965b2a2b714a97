import { type Chance, createRounding } from './chance.ts'
import type { Scenario } from './scenario.ts'

/** A simulated user; weeks count from 0. */
export interface SimulatedUser {
  readonly id: string
  /** The week of the first use; null for a user who only installed. */
  firstWeek: number | null
  /** The week of the counted installation; null without one. */
  readonly installWeek: number | null
  /** Whether the first use follows the installation within a day. */
  activated: boolean
}

export interface Population {
  readonly users: readonly SimulatedUser[]
  /** The active users of each week. */
  readonly active: readonly (readonly SimulatedUser[])[]
}

/** The figures of the scenario are contradictory. */
export class ScenarioImpossible extends Error {
  readonly code = 'scenario_impossible'
  constructor(reason: string) {
    super(`the scenario is contradictory: ${reason}`)
    this.name = 'ScenarioImpossible'
  }
}

/**
 * Creates users with the weeks in which they install, begin and return. The new users of a week are its active users minus the returning
 * ones, so that active users and retention are both exact; shares are rounded down.
 */
export function simulatePopulation(scenario: Scenario, seed: number, chance: Chance): Population {
  const users: SimulatedUser[] = []
  const cohorts: SimulatedUser[][] = []
  const active: SimulatedUser[][] = []
  let waiting: SimulatedUser[] = []
  const activatedOf = createRounding()
  const user = (installWeek: number | null, firstWeek: number | null, activated: boolean): SimulatedUser => {
    const created = { id: `${scenario.name}-${seed}-user-${users.length}`, installWeek, firstWeek, activated }
    users.push(created)
    return created
  }

  for (const [week, activeCount] of scenario.active_users.entries()) {
    const back = cohorts.flatMap((cohort, first) => {
      const share = scenario.retention[first]?.[week - first - 1] ?? 0
      return chance.shuffle(cohort).slice(0, Math.floor(cohort.length * share + 1e-9))
    })
    const fresh = activeCount - back.length
    if (fresh < 0)
      throw new ScenarioImpossible(`${back.length} users come back in week ${week + 1}, but only ${activeCount} are to be active`)

    const installs = scenario.installs[week] ?? 0
    const activated = activatedOf(scenario.activation.within_a_day, installs)
    if (activated > fresh)
      throw new ScenarioImpossible(`${activated} installations of week ${week + 1} activate, but only ${fresh} users are new`)
    const cohort = Array.from({ length: activated }, () => user(week, week, true))
    const late = chance.shuffle(waiting).slice(0, Math.min(fresh - activated, Math.floor(waiting.length * scenario.activation.later)))
    for (const one of late) one.firstWeek = week
    cohort.push(...late)
    while (cohort.length < fresh) cohort.push(user(null, week, false))
    waiting = Array.from({ length: installs - activated }, () => user(week, null, false))
    cohorts.push(cohort)
    active.push([...cohort, ...back])
  }
  return { users, active }
}

/** The number of uses of each of `n` active users in a week: within the segments' bounds and shares, and `total` in sum. */
export function simulateUses(scenario: Scenario, segmentOf: readonly number[], total: number, chance: Chance): number[] {
  const bounds = segmentOf.map(segment => scenario.segments[segment] ?? { min: 1, max: 1 })
  const counts = bounds.map(({ min, max }) => chance.integer(min, max))
  const least = bounds.reduce((sum, { min }) => sum + min, 0)
  const most = bounds.reduce((sum, { max }) => sum + max, 0)
  if (total < least || total > most)
    throw new ScenarioImpossible(`${total} uses do not fit ${counts.length} users, who have from ${least} to ${most}`)
  let off = total - counts.reduce((sum, count) => sum + count, 0)
  while (off !== 0) {
    const i = chance.integer(0, counts.length - 1)
    const step = Math.sign(off)
    const next = (counts[i] ?? 0) + step
    const { min, max } = bounds[i] ?? { min: 1, max: 1 }
    if (next < min || next > max) continue
    counts[i] = next
    off -= step
  }
  return counts
}
