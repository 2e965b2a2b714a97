import { fileURLToPath } from 'node:url'
import { loadProduct } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { type Row, tableBlock } from '@northstar/events'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hash } from '../contract/random-events.ts'
import { metricRollups, metricsSection, type Query, readCrashGroups, releasesSection } from '../index.ts'
import { normalizedStack } from './stack-sql.ts'

const caro = fileURLToPath(new URL('../../../../deploy/products/caro', import.meta.url))
const { catalogue } = loadProduct(caro, { metrics: metricsSection, releases: releasesSection })
const DAY = 86_400_000
const now = Date.parse('2026-03-09T15:00:00Z')
const rows: Row[] = []
let folder: TempFolder
let warehouse: Warehouse
const query: Query = (sql, params) => warehouse.query(sql, { params })

beforeAll(async () => {
  const crash = (version: string, days: number, user: number, stack_trace: string) =>
    rows.push({
      event: 'crash',
      id: `c${rows.length}`,
      timestamp: now - days * DAY,
      received_at: now - days * DAY,
      user_id: hash(user),
      session_id: hash(1e6 + rows.length),
      version,
      stack_trace,
    })
  for (let i = 0; i < 3; i++) crash('1.0.9', 20 - i, i, `main > parse<Vec<${i}>> (parse.rs:${i})`)
  crash('1.1.0', 1.5, 9, 'main > parse<Box> (parse.rs:77)')
  for (let i = 0; i < 4; i++) crash('1.1.0', 0.5, i % 2, `main > run<T>+0x${i}f4a > wait (posix.rs:${200 + i})`)
  // 1.10.0 is a higher version than 1.9.0, though not as a text.
  crash('1.10.0', 3, 5, 'main > old')
  crash('1.9.0', 2, 6, 'main > old')
  folder = await tempFolder('crashes')
  warehouse = await openEmbeddedWarehouse({ folder: folder.path })
  await warehouse.migrate(catalogue.plan, { rollups: metricRollups(catalogue) })
  await warehouse.insertBlock('events', tableBlock(catalogue.plan.columns, rows), 'test:1')
})
afterAll(async () => {
  await warehouse?.close()
  await folder?.remove()
})

const normalized = async (stack: string) =>
  (await query<{ text: string }>(`SELECT ${normalizedStack('{s:String}')} AS text`, { s: stack }))[0]?.text

test.each([
  ['main > agent::run<Shell>+0x1f4a > spawn (shell.rs:214)', 'main > agent::run > spawn (shell.rs)'],
  ['a::b<Vec<Option<(T, U)>>>::c at 0x7ffe12', 'a::b::c at'],
  ['f<fn(A) -> B>(x) > g', 'f(x) > g'],
  ['  3: core::ops::call_once::h0123456789abcdef\n  4: std::main', 'core::ops::call_once std::main'],
  ['#0 0x00007f8a1b2c in wait () at posix.c:12', 'in wait () at posix.c'],
  ['Error\n    at run (app.js:10:5)\n    at main (app.js:20:1)', 'Error at run (app.js) at main (app.js)'],
  ['File "x.py", line 12, in f', 'File "x.py", in f'],
  ['com.app.Main$run(Main.java:42)', 'com.app.Main$run(Main.java)'],
])('%j is grouped as %j', async (stack, expected) => {
  expect(await normalized(stack)).toBe(expected)
})

test('crashes are grouped with counts, users, versions and trend', async () => {
  const groups = await readCrashGroups({ catalogue, query, now: () => now })
  expect(groups.map(({ stack, count, users }) => [stack, count, users])).toEqual([
    ['main > parse (parse.rs)', 4, 4],
    ['main > run > wait (posix.rs)', 4, 2],
    ['main > old', 2, 2],
  ])
  const [parse, run, old] = groups
  expect(parse).toMatchObject({ first_version: '1.0.9', last_version: '1.1.0', versions: { '1.0.9': 3, '1.1.0': 1 } })
  expect(run?.trend).toEqual([...Array(13).fill(0), 4])
  expect(run?.firstSeen).toBe(now - 0.5 * DAY)
  expect(old).toMatchObject({ first_version: '1.9.0', last_version: '1.10.0' })
})

test('a group is new in a release when no lower release had it', async () => {
  const groups = await readCrashGroups({ catalogue, query, now: () => now }, '1.1.0')
  expect(groups.map(({ stack, release_count, is_new }) => [stack, release_count, is_new])).toEqual([
    ['main > run > wait (posix.rs)', 4, true],
    ['main > parse (parse.rs)', 1, false],
  ])
})

test('the time to normalise grows as the text does, whatever it is made of', async () => {
  const time = async (beginning: string, length: number) => {
    const began = performance.now()
    await query(`SELECT max(length(${normalizedStack(`concat({s:String}, toString(number))`)})) FROM numbers(60)`, {
      s: beginning.repeat(length / beginning.length),
    })
    return performance.now() - began
  }
  // The best of three: the machine may be busy.
  const best = async (beginning: string, length: number) => {
    const times = []
    for (let go = 0; go < 3; go++) times.push(await time(beginning, length))
    return Math.min(...times)
  }
  for (const beginning of ['<', '<a', '0x', ':1', '#1 ', 'line 1 ', '<<a>>', 'abcdef01', '        ']) {
    const [short, long] = [await best(beginning, 2_048), await best(beginning, 16_384)]
    expect(long, beginning).toBeLessThan(Math.max(short, 5) * 8 * 4)
  }
})
