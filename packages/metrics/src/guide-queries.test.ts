import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Row } from '@northstar/events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { quantile } from './contract/folds.ts'
import { loadDeployed, type MeasuredProduct, measureProduct } from './contract/measured-product.ts'
import { randomEvents } from './contract/random-events.ts'

const deploy = fileURLToPath(new URL('../../../deploy', import.meta.url))
const DAY = 86_400_000
const HOUR = 3_600_000
const start = Date.parse('2026-01-15')
const end = Date.parse('2026-02-15')

type Rows = readonly Row[]
type Answer = Readonly<Record<string, string | number | null>>
const ran = new Set<string>()
let product: MeasuredProduct
let rows: Rows

beforeAll(async () => {
  rows = randomEvents(11, Date.parse('2026-01-10T00:00:00Z'), Date.parse('2026-03-01T00:00:00Z'), 200)
  product = await measureProduct({ product: loadDeployed('caro'), rows, now: Date.parse('2026-03-01T00:00:00Z') })
})

afterAll(() => product?.close())

/** The answer of a file of `deploy/clickhouse/guide`. */
async function ask(name: string): Promise<readonly Answer[]> {
  ran.add(`${name}.sql`)
  return product.warehouse.query<Answer>(readFileSync(`${deploy}/clickhouse/guide/${name}.sql`, 'utf8'))
}

const of = (event: string, from = 0, to = Number.POSITIVE_INFINITY) =>
  rows.filter(row => row.event === event && row.timestamp >= from && row.timestamp < to)
const beta = (event: string) => of(event, start, end)
const users = (list: Rows) => new Set(list.map(row => row.user_id).filter(id => id !== '')).size
const date = (row: Row) => new Date(row.timestamp).toISOString().slice(0, 10)
const percent = (part: number, whole: number) => (part * 100) / whole

/** MySQL's YEARWEEK: weeks begin on Sunday, and a year's first begins with its first Sunday. */
function yearWeek({ timestamp }: Row): number {
  const day = new Date(timestamp)
  const sunday = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate() - day.getUTCDay()))
  const first = new Date(Date.UTC(sunday.getUTCFullYear(), 0, 1))
  const firstSunday = first.getTime() + ((7 - first.getUTCDay()) % 7) * DAY
  return sunday.getUTCFullYear() * 100 + (sunday.getTime() - firstSunday) / (7 * DAY) + 1
}

/** Groups in order of their keys. */
function grouped(list: Rows, key: (row: Row) => string | number): readonly (readonly [string, Rows])[] {
  const found = new Map<string, Row[]>()
  for (const row of list) found.set(String(key(row)), [...(found.get(String(key(row))) ?? []), row])
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

const sorted = (answers: readonly Answer[], ...keys: readonly string[]) => {
  const text = (row: Answer) => keys.map(key => String(row[key])).join(' ')
  return answers.toSorted((a, b) => (text(a) < text(b) ? -1 : 1))
}

/** Compares column by column; floating point to 9 digits. */
function expectRows(got: readonly Answer[], want: readonly Answer[]): void {
  const tidy = (list: readonly Answer[]) =>
    list.map(row => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === 'number' ? Number(v.toPrecision(9)) : v])))
  expect(want.length).toBeGreaterThan(0)
  expect(tidy(got)).toEqual(tidy(want))
}

test.each([
  ['downloads', 'downloads', 'platform', 'downloads'],
  ['commands', 'command_generated', 'category', 'command_count'],
] as const)('%s by day', async (name, event, by, column) => {
  const want = grouped(beta(event), row => `${date(row)} ${row[by] ?? null}`).map(([key, list]) => {
    const [day = '', member = ''] = key.split(' ')
    return { date: day, [by]: member === 'null' ? null : member, [column]: list.length }
  })
  expectRows(sorted(await ask(name), 'date', by), sorted(want, 'date', by))
})

test('active users by week', async () => {
  const weeks = grouped(beta('command_generated'), yearWeek)
  expectRows(
    await ask('active-weekly-users'),
    weeks.map(([week, list]) => ({ week: Number(week), active_users: users(list) })),
  )
})

test('commands per user by week', async () => {
  const want = grouped(beta('command_generated'), yearWeek).map(([week, list]) => ({
    week: Number(week),
    total_commands: list.length,
    active_users: users(list),
    commands_per_user: list.length / users(list),
  }))
  expectRows(await ask('commands-per-user'), want)
})

const firsts = (list: Rows) => {
  const found = new Map<string, number>()
  for (const row of list) found.set(row.user_id, Math.min(found.get(row.user_id) ?? Number.POSITIVE_INFINITY, row.timestamp))
  return found
}

test('activation: who installed and did not go on counts as an install alone', async () => {
  const commands = firsts(of('command_generated'))
  const installs = [...firsts(of('downloads'))].filter(([, at]) => at >= start)
  // The guide's query takes all installs of users who are not known for one user's.
  const activated = installs.filter(([user, at]) => user !== '' && (commands.get(user) ?? Number.POSITIVE_INFINITY) <= at + DAY)
  expect(activated.length).toBeLessThan(installs.length)
  expectRows(await ask('activation-rate'), [
    {
      total_installs: installs.length,
      activated_users: activated.length,
      activation_rate: percent(activated.length, installs.length),
    },
  ])
})

test('retention by cohort', async () => {
  // The day after the epoch's fourth was a Monday.
  const monday = (time: number) => Math.floor((time - 4 * DAY) / (7 * DAY))
  const commands = of('command_generated').filter(row => row.user_id !== '')
  const cells = new Map<string, Set<string>>()
  const first = firsts(commands)
  for (const { user_id, timestamp } of commands) {
    const cohort = monday(first.get(user_id) ?? 0)
    const cell = `${cohort} ${String(monday(timestamp) - cohort).padStart(2, '0')}`
    cells.set(cell, new Set([...(cells.get(cell) ?? []), user_id]))
  }
  const want = [...cells]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([cell, active]) => {
      const [cohort = '', week = ''] = cell.split(' ')
      return {
        cohort_week: new Date((Number(cohort) * 7 + 4) * DAY).toISOString().slice(0, 10),
        week_number: Number(week),
        active_users: active.size,
        retention_pct: percent(active.size, cells.get(`${cohort} 00`)?.size ?? 0),
      }
    })
  expectRows(await ask('retention'), want)
})

test('success rate by category', async () => {
  const want = grouped(beta('command_feedback'), row => String(row.category ?? null)).map(([category, list]) => {
    const successful = list.filter(row => row.success === true).length
    return {
      category: category === 'null' ? null : category,
      total_feedback: list.length,
      successful,
      success_rate: percent(successful, list.length),
    }
  })
  const got = await ask('success-rate')
  expect(got.map(row => Number(row.success_rate))).toEqual(got.map(row => Number(row.success_rate)).toSorted((a, b) => b - a))
  expectRows(sorted(got, 'category'), sorted(want, 'category'))
})

test('error rate by type', async () => {
  const commands = of('command_generated', start).length
  const want = grouped(beta('command_generation_error'), row => String(row.error_type)).map(([error_type, list]) => ({
    error_type,
    error_count: list.length,
    error_rate: percent(list.length, commands),
  }))
  expectRows(sorted(await ask('error-rate'), 'error_type'), want)
})

test('crash rate', async () => {
  const active = users(of('command_generated', start))
  const crashes = beta('crash').length
  expectRows(await ask('crash-rate'), [{ total_crashes: crashes, total_users: active, crash_rate: percent(crashes, active) }])
})

test('time to fix, in full hours', async () => {
  const first = (list: Rows, action: string) => Math.min(...list.filter(row => row.action === action).map(row => row.timestamp))
  const hours = grouped(of('github_issue'), row => Number(row.number)).flatMap(([, list]) => {
    const [opened, closed] = [first(list, 'opened'), first(list, 'closed')]
    return opened >= start && Number.isFinite(opened) && Number.isFinite(closed) ? [Math.trunc((closed - opened) / HOUR)] : []
  })
  const want = { avg_hours_to_fix: hours.reduce((a, b) => a + b, 0) / hours.length, median_hours_to_fix: quantile(hours, 0.5) }
  expectRows(await ask('time-to-fix'), [want])
})

test('satisfaction', async () => {
  const ratings = beta('satisfaction_survey').map(row => Number(row.rating))
  const satisfied = ratings.filter(rating => rating >= 4).length
  expectRows(await ask('satisfaction'), [
    {
      total_responses: ratings.length,
      satisfied_users: satisfied,
      satisfaction_pct: percent(satisfied, ratings.length),
      avg_rating: ratings.reduce((a, b) => a + b, 0) / ratings.length,
    },
  ])
})

test('feature adoption', async () => {
  const active = users(of('command_generated', start))
  const want = grouped(beta('feature_used'), row => String(row.feature)).map(([feature, list]) => ({
    feature,
    users_using_feature: users(list),
    adoption_rate: percent(users(list), active),
  }))
  expectRows(sorted(await ask('feature-adoption'), 'feature'), want)
})

test('response time by complexity', async () => {
  const want = grouped(beta('command_generation_latency'), row => String(row.query_complexity)).map(([query_complexity, list]) => {
    const values = list.map(row => Number(row.duration_ms))
    return { query_complexity, p50_ms: quantile(values, 0.5), p95_ms: quantile(values, 0.95), p99_ms: quantile(values, 0.99) }
  })
  expectRows(sorted(await ask('response-time'), 'query_complexity'), want)
})

test('memory usage', async () => {
  const values = beta('memory_usage').map(row => Number(row.memory_kb))
  expectRows(await ask('memory-usage'), [{ p50_kb: quantile(values, 0.5), p95_kb: quantile(values, 0.95), p99_kb: quantile(values, 0.99) }])
})

test('every query of the guide is among them, and the page lists each', () => {
  const files = readdirSync(`${deploy}/clickhouse/guide`)
  expect([...ran].toSorted()).toEqual(files.toSorted())
  const page = readFileSync(`${deploy}/clickhouse/guide-queries.md`, 'utf8')
  for (const file of files) expect(page).toContain(`(guide/${file})`)
})
