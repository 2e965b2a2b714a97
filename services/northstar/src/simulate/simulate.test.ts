import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inspectProduct, loadProduct } from '@northstar/catalogue'
import { compileValidator, hashKey } from '@northstar/events'
import { describe, expect, it } from 'vitest'
import { type Scenario, simulationSection } from './scenario.ts'
import { atPace, launchEndingToday, weekStartsFrom } from './schedule.ts'
import { type NativeEvent, simulate } from './simulate.ts'

const products = fileURLToPath(new URL('../../../../deploy/products', import.meta.url))
const WEEKS = weekStartsFrom('2026-01-15', 'America/New_York', 4)

describe.each(readdirSync(products).filter(name => readScenarioOf(name) !== null))('the simulation of %s', name => {
  const scenario = readScenarioOf(name) as Scenario
  const events = simulate(scenario, { seed: 1, weekStarts: WEEKS })
  const weekOf = (event: NativeEvent) => WEEKS.findLastIndex(start => Date.parse(event.timestamp) >= start)
  const of = (kind: string, week: number) => events.filter(event => event.event === kind && weekOf(event) === week)
  const usersIn = (week: number) => new Set(of(scenario.use.event, week).map(event => event.user_id))
  const weeks = [0, 1, 2, 3]
  const shareOf = (list: readonly NativeEvent[], property: string, value: unknown) =>
    list.filter(event => event.properties[property] === value).length / list.length

  it('meets installations, active users and uses exactly', () => {
    expect(weeks.map(week => of(scenario.install.event, week).length)).toEqual(scenario.installs)
    expect(weeks.map(week => usersIn(week).size)).toEqual(scenario.active_users)
    expect(weeks.map(week => of(scenario.use.event, week).length)).toEqual(scenario.uses)
    expect(events.every(event => weekOf(event) < 4)).toBe(true)
  })

  it('meets the figures of single days', () => {
    for (const { day, installs, uses } of scenario.days) {
      const from = (WEEKS[0] ?? 0) + day * 86_400_000
      const on = (kind: string) =>
        events.filter(
          ({ event, timestamp }) => event === kind && Date.parse(timestamp) >= from && Date.parse(timestamp) < from + 86_400_000,
        )
      if (installs !== undefined) expect(on(scenario.install.event)).toHaveLength(installs)
      if (uses !== undefined) expect(on(scenario.use.event)).toHaveLength(uses)
    }
  })

  it('meets retention to the whole percent', () => {
    const seen = new Set<string | undefined>()
    for (const week of weeks) {
      const cohort = [...usersIn(week)].filter(user => !seen.has(user))
      for (const user of cohort) seen.add(user)
      for (const [i, share] of (scenario.retention[week] ?? []).entries()) {
        const back = usersIn(week + 1 + i)
        expect(Math.round((cohort.filter(user => back.has(user)).length / cohort.length) * 100)).toBe(Math.round(share * 100))
      }
    }
  })

  it('meets activation', () => {
    const first = new Map<string | undefined, number>()
    for (const event of events.toReversed()) if (event.event === scenario.use.event) first.set(event.user_id, Date.parse(event.timestamp))
    for (const week of weeks) {
      const installs = of(scenario.install.event, week)
      const activated = installs.filter(
        event => (first.get(event.user_id) ?? Number.POSITIVE_INFINITY) <= Date.parse(event.timestamp) + 86_400_000,
      )
      expect(Math.abs(activated.length - installs.length * scenario.activation.within_a_day)).toBeLessThanOrEqual(0.5)
    }
  })

  it('meets shares to one event, and percentiles nearly', () => {
    for (const week of weeks) {
      for (const [property, spec] of Object.entries({ ...scenario.install.properties, ...scenario.user })) {
        if (!Array.isArray(spec)) continue
        const list = of(scenario.install.event, week)
        for (const { value, share } of spec) expect(Math.abs(shareOf(list, property, value) - share) * list.length).toBeLessThanOrEqual(1)
      }
      for (const { event, properties } of scenario.beside_use) {
        for (const [property, spec] of Object.entries(properties)) {
          if (Array.isArray(spec) || !('by' in spec)) continue
          for (const [value, { p50, p95 }] of Object.entries(spec.cases)) {
            const sorted = of(event, week)
              .filter(e => e.properties[spec.by] === value)
              .map(e => Number(e.properties[property]))
              .sort((a, b) => a - b)
            expect(sorted[Math.floor(sorted.length * 0.5)]).toBeCloseTo(p50, -1)
            expect(Math.abs((sorted[Math.floor(sorted.length * 0.95)] ?? 0) / p95 - 1)).toBeLessThan(0.05)
          }
        }
      }
    }
  })

  it('rolls releases out one after another, and only the named sessions meet a regression', () => {
    const versions = [...new Set(events.flatMap(event => event.properties.version ?? []))]
    expect(versions).toEqual(scenario.releases?.rollout.map(({ version }) => version))
    for (const { event, where, share } of scenario.regressions) {
      const sessions = (list: readonly NativeEvent[]) => new Set(list.map(({ session_id }) => session_id))
      const meets = ({ properties }: NativeEvent) => Object.entries(where).every(([key, value]) => properties[key] === value)
      const used = sessions(events.filter(one => one.event === scenario.use.event && meets(one))).size
      const met = sessions(events.filter(one => one.event === event && meets(one))).size
      expect(Math.abs(met - share * used)).toBeLessThan(3)
      const others = events.filter(one => one.event === event && !meets(one)).length
      expect(others).toBeLessThan(met / 2)
    }
    expect(scenario.regressions.length).toBeGreaterThan(0)
  })

  it('is accepted by the tracking plan, every event', () => {
    const { plan } = loadProduct(`${products}/${name}`, {}).catalogue
    const { check } = compileValidator(plan, {
      pseudonyms: { user: hashKey, session: hashKey, property: (_, value) => value },
      maxAgeMs: Number.POSITIVE_INFINITY,
    })
    const rejections = events.map(event => check(event, { receivedAt: WEEKS[4] ?? 0, skew: 0 })).filter(rejection => rejection !== null)
    expect(rejections.slice(0, 3)).toEqual([])
  })

  it('is the same for the same seed, in order, with ids of its own', () => {
    expect(simulate(scenario, { seed: 1, weekStarts: WEEKS })).toEqual(events)
    const other = simulate(scenario, { seed: 2, weekStarts: WEEKS })
    expect(other.map(event => event.id)).not.toEqual(events.map(event => event.id))
    expect(new Set(events.map(event => event.id)).size).toBe(events.length)
    expect(events.map(event => event.timestamp).toSorted()).toEqual(events.map(event => event.timestamp))
    const shifted = simulate(scenario, { seed: 1, weekStarts: WEEKS.map(start => start + 86_400_000) })
    expect(shifted.map(event => event.id)).toEqual(events.map(event => event.id))
    expect(shifted.map(event => Date.parse(event.timestamp) - 86_400_000)).toEqual(events.map(event => Date.parse(event.timestamp)))
  })

  it('meets its figures for other seeds too', () => {
    for (const seed of [2, 3, 4]) {
      const users = new Map<number, Set<unknown>>()
      for (const event of simulate(scenario, { seed, weekStarts: WEEKS })) {
        if (event.event === scenario.use.event) users.set(weekOf(event), (users.get(weekOf(event)) ?? new Set()).add(event.user_id))
      }
      expect(weeks.map(week => users.get(week)?.size)).toEqual(scenario.active_users)
    }
  })
})

function readScenarioOf(name: string): Scenario | null {
  return inspectProduct(`${products}/${name}`, { simulation: simulationSection }).catalogue?.simulation ?? null
}

describe('the schedule', () => {
  it('begins weeks at midnight of the zone, over a change of the clock too', () => {
    expect(weekStartsFrom('2026-03-05', 'America/New_York', 2).map(time => new Date(time).toISOString())).toEqual([
      '2026-03-05T05:00:00.000Z',
      '2026-03-12T04:00:00.000Z',
      '2026-03-19T04:00:00.000Z',
    ])
  })
  it('ends today for a demo', () => {
    expect(launchEndingToday(Date.parse('2026-02-12T12:00:00Z'), 'America/New_York', 4)).toBe('2026-01-15')
    expect(launchEndingToday(Date.parse('2026-02-12T03:00:00Z'), 'America/New_York', 4)).toBe('2026-01-14')
  })
  it('yields each event at its time', async () => {
    let clock = 0
    const given: [string, number][] = []
    const at = (id: string, second: number): NativeEvent => ({
      event: 'a',
      id,
      timestamp: new Date(second * 1000).toISOString(),
      properties: {},
    })
    const wait = async (ms: number) => {
      clock += ms
    }
    for await (const { id } of atPace([at('a', 100), at('b', 110), at('c', 110), at('d', 200)], { speed: 10, now: () => clock, wait }))
      given.push([id, clock])
    expect(given).toEqual([
      ['a', 0],
      ['b', 1_000],
      ['c', 1_000],
      ['d', 10_000],
    ])
  })
})
