import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadProduct } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { type Row, tableBlock } from '@northstar/events'
import { type MetricCatalogue, metricsSection, type PublicPeriod, suppress } from '@northstar/metrics'
import { createHttpServer, createLogger } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publicRoutes } from './public.ts'
import { createPublication } from './publication.ts'

/**
 * The public page against an attacker who knows the rule, the threshold and everything that was ever published. The proof is a second population:
 * other people, with whom every byte of every answer is the same. A number that differs between the two cannot have been published.
 */

const PLANS = ['free', 'team', 'firm'] as const
const REGIONS = ['here', 'there'] as const
const FILES = {
  'product.yaml': 'name: hall\ntitle: Hall\ntimezone: UTC\nlaunch: 2026-01-05\n',
  'tracking-plan.yaml': `events:
  visit:
    description: Somebody came.
    properties:
      plan: { type: string, values: [${PLANS.join(', ')}], required: true, privacy: public }
      region: { type: string, values: [${REGIONS.join(', ')}], required: true, privacy: public }
  signup:
    description: Somebody signed up.
`,
  'metrics.yaml': `metrics:
  visitors:
    { title: Visitors, description: People., unit: count, kind: unique, events: visit, by: [plan, region], level: north_star, public: true }
  visits: { title: Visits, description: Visits., unit: count, kind: count, events: visit, by: [plan, region], public: true }
  team_visits: { title: Team, description: Of teams., unit: count, kind: count, events: visit, where: { plan: team }, public: true }
  signup_rate:
    title: Signing up
    description: Of visitors, those who signed up.
    unit: ratio
    kind: ratio
    numerator: { events: signup, unique: user_id }
    denominator: { events: visit, unique: user_id }
    public: true
`,
}
const LAUNCH = Date.parse('2026-01-05T00:00:00Z')
const WEEK = 7 * 86_400_000
const WEEKS = 40
const NOW = LAUNCH + WEEKS * WEEK + 2 * 86_400_000

interface Person {
  readonly plan: number
  readonly region: number
  readonly visits: number
  readonly signs: boolean
}
type Population = readonly (readonly Person[])[]

let folder: TempFolder
let catalogue: MetricCatalogue
let databases = 0
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  folder = await tempFolder('public-attack')
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder.path, name), text)
  catalogue = loadProduct(folder.path, { metrics: metricsSection }).catalogue
})
afterAll(async () => {
  for (const close of closing.reverse()) await close()
  await folder?.remove()
})

const logger = createLogger('silent', 'test')

function rowsOf(people: readonly Person[], week: number, at: string): Row[] {
  const timestamp = LAUNCH + week * WEEK + 3_600_000
  return people.flatMap(({ plan, region, visits, signs }, n) => {
    const row = { timestamp, received_at: timestamp, user_id: `${at}${week.toString(16)}x${n.toString(16)}`, session_id: '' }
    const visit = { ...row, event: 'visit', plan: PLANS[plan] ?? '', region: REGIONS[region] ?? '' }
    return [
      ...Array.from({ length: visits }, (_, i) => ({ ...visit, id: `${at}-${week}-${n}-${i}` })),
      ...(signs ? [{ ...row, event: 'signup', id: `${at}-${week}-${n}-s` }] : []),
    ]
  })
}

async function insert(warehouse: Warehouse, population: Population, at: string): Promise<void> {
  const rows = population.flatMap((people, week) => rowsOf(people, week, at))
  if (rows.length > 0) await warehouse.insertBlock('events', tableBlock(catalogue.plan.columns, rows), at)
}

/** An installation over that population, with its own page. */
async function publish(population: Population, k: number, state?: StateStore) {
  const name = `world_${databases++}`
  const warehouse = await openEmbeddedWarehouse({ folder: folder.path, database: name })
  await warehouse.migrate(catalogue.plan)
  await insert(warehouse, population, 'first')
  const own = state ?? openEmbeddedState({ path: join(folder.path, `${name}-state`) })
  const publication = createPublication(
    { catalogue, query: (sql, params) => warehouse.query(sql, { params }), state: own, now: () => NOW, logger },
    { k, settleMs: 86_400_000 },
  )
  const routes = publicRoutes(publication, () => NOW, 0)
  const server = createHttpServer({ host: '127.0.0.1', port: 0, logger, routes: [routes], health: async () => ({}) })
  await server.start()
  closing.push(
    () => warehouse.close(),
    () => own.close(),
    () => server.stop(),
  )
  const ask = async (query = '') => {
    await publication.publish()
    return (await fetch(`${server.url()}/v1/public${query}`)).text()
  }
  return { warehouse, ask }
}

const countsBy = (people: readonly Person[], property: 'plan' | 'region', members: number) =>
  Array.from({ length: members }, (_, member) => people.filter(person => person[property] === member).length)

const isSmall = (count: number, k: number) => count >= 1 && count < k

function viewOf(counts: readonly number[], k: number): PublicPeriod {
  const total = counts.reduce((a, b) => a + b, 0)
  const parts = counts.map((people, i) => ({ member: String(i), people, value: people }))
  return suppress({ whole: { people: total, value: total }, by: { of: parts } }, k)
}

/** Other counts with the same sum that look the same, each small one another. */
function otherCounts(counts: readonly number[], k: number): readonly number[] | null {
  const view = JSON.stringify(viewOf(counts, k))
  const steps = [0, -1, 1, -2, 2, -3, 3]
  const search = (place: number, chosen: readonly number[]): readonly number[] | null => {
    if (place === counts.length) {
      const fits = chosen.reduce((a, b) => a + b, 0) === counts.reduce((a, b) => a + b, 0)
      return fits && JSON.stringify(viewOf(chosen, k)) === view ? chosen : null
    }
    const count = counts[place] ?? 0
    for (const step of steps) {
      if (count + step < 0 || (isSmall(count, k) && step === 0)) continue
      const found = search(place + 1, [...chosen, count + step])
      if (found) return found
    }
    return null
  }
  return search(0, [])
}

/** The same people, so many of them in another group as it takes. */
function moved(people: readonly Person[], property: 'plan' | 'region', to: readonly number[]): readonly Person[] {
  const left = countsBy(people, property, to.length).map((count, i) => count - (to[i] ?? 0))
  return people.map(person => {
    const from = person[property]
    const into = left.findIndex(difference => difference < 0)
    if ((left[from] ?? 0) <= 0 || into < 0) return person
    left[from] = (left[from] ?? 0) - 1
    left[into] = (left[into] ?? 0) + 1
    return { ...person, [property]: into }
  })
}

/** One more or one fewer of a number of people that is hidden. */
const besides = (count: number, k: number) => (count + 1 < k ? count + 1 : count - 1)

const size = fc.oneof(fc.nat({ max: 4 }), fc.nat({ max: 12 }), fc.nat({ max: 30 }))
const person = fc.record({ region: fc.nat({ max: 1 }), visits: fc.integer({ min: 1, max: 4 }), signs: fc.boolean() })
const weekOf = (sizes: fc.Arbitrary<readonly number[]>) =>
  fc.record({ sizes, pool: fc.array(person, { minLength: 12, maxLength: 12 }), lean: fc.nat({ max: 3 }) }).map(({ sizes, pool, lean }) =>
    sizes.flatMap((count, plan) =>
      Array.from({ length: count }, (_, i): Person => {
        const { region, visits, signs } = pool[(i * 5 + plan) % pool.length] ?? { region: 0, visits: 1, signs: false }
        // In some weeks nearly all users are of one region, or nearly none sign up.
        return { plan, visits, region: lean === 1 && i > 0 ? 0 : region, signs: lean === 2 ? signs && i === 0 : signs }
      }),
    ),
  )
/** In the first weeks fewer people come than any threshold shows, so that every population has such weeks. */
const SMALL_WEEKS = 4
const smallWeek = weekOf(fc.tuple(fc.constant(1), fc.nat({ max: 1 })))
const week = weekOf(fc.tuple(size, size, size))
const weeks = fc
  .tuple(
    fc.array(smallWeek, { minLength: SMALL_WEEKS, maxLength: SMALL_WEEKS }),
    fc.array(week, { minLength: WEEKS - SMALL_WEEKS, maxLength: WEEKS - SMALL_WEEKS }),
  )
  .map(([small, others]) => [...small, ...others])
const populations = fc.record({ weeks, k: fc.integer({ min: 3, max: 12 }) })

test('no number of a small group can be derived: other people give the same bytes', { timeout: 240_000 }, async () => {
  const tried = { plan: 0, region: 0, whole: 0, part: 0 }
  await fc.assert(
    fc.asyncProperty(populations, async ({ weeks, k }) => {
      const real = await publish(weeks, k)
      const seen = await real.ask()

      for (const [property, members] of [
        ['plan', PLANS.length],
        ['region', REGIONS.length],
      ] as const) {
        const other = weeks.map(people => {
          const counts = countsBy(people, property, members)
          const found = otherCounts(counts, k)
          expect(found, `${counts.join()} of ${property} with k = ${k}`).not.toBeNull()
          tried[property] += counts.filter(count => isSmall(count, k)).length
          return moved(people, property, found ?? counts)
        })
        expect(await (await publish(other, k)).ask()).toBe(seen)
      }

      // Weeks of which nothing is shown, and the parts of ratios.
      const other = weeks.map(people => {
        const signing = people.filter(({ signs }) => signs).length
        if (people.length >= k) {
          const staying = people.length - signing
          if (!isSmall(signing, k) && !isSmall(staying, k)) return people
          tried.part++
          const wanted = isSmall(signing, k) ? besides(signing, k) : people.length - besides(staying, k)
          return people.map((one, i) => ({ ...one, signs: i < wanted }))
        }
        if (people.length === 0) return people
        tried.whole++
        const more: Person = { plan: 0, region: 0, visits: 1, signs: false }
        return people.length > besides(people.length, k) ? people.slice(1) : [...people, more]
      })
      expect(await (await publish(other, k)).ask()).toBe(seen)
    }),
    // A run has a dozen installations, so it ends at the first failure.
    { numRuns: 4, endOnFailure: true },
  )
  for (const [group, count] of Object.entries(tried)) expect(count, group).toBeGreaterThan(10)
})

test('an empty week and a hidden one look the same', async () => {
  const one: Person = { plan: 1, region: 0, visits: 3, signs: true }
  const [empty, few] = [await publish([[], []], 3), await publish([[one, one], [one]], 3)]
  expect(await few.ask()).toBe(await empty.ask())
})

test('there is one view: no filter, no day, no later look can be subtracted from it', async () => {
  const population = fc.sample(populations, { numRuns: 1, seed: 7 })[0]?.weeks ?? []
  const state = openEmbeddedState({ path: join(folder.path, 'shared-state') })
  const { warehouse, ask } = await publish(population, 10, state)
  const seen = await ask()
  const questions = [
    'from=2026-01-05&to=2026-01-06',
    'period=day',
    'period=total',
    'by=plan',
    'where.plan=team',
    'k=1',
    'metric=team_visits',
  ]
  await fc.assert(
    fc.asyncProperty(fc.subarray(questions, { minLength: 1 }), fc.webQueryParameters(), async (asked, noise) => {
      expect(await ask(`?${asked.join('&')}&${noise}`)).toBe(seen)
    }),
    { numRuns: 40 },
  )
  // Events that come late, a few in every week that had any.
  const late = population.map(people => people.slice(0, 2).map(one => ({ ...one, visits: 1 })))
  await insert(warehouse, late, 'late')
  expect(await ask()).toBe(seen)
})

test('a metric that could be subtracted from another is not published', async () => {
  const { ask } = await publish(
    [Array.from({ length: 40 }, (_, i): Person => ({ plan: i % 3, region: i % 2, visits: 1, signs: i % 2 === 0 }))],
    5,
  )
  const { metrics } = JSON.parse(await ask()) as { metrics: { name: string; points: { value: number | null }[] }[] }
  expect(metrics.map(({ name, points }) => [name, points[0]?.value])).toEqual([
    ['visitors', 40],
    ['visits', 40],
    ['signup_rate', 0.5],
  ])
})
