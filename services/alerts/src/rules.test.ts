import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alertsSection, describeFailure, rulesTestSection } from '@northstar/alerting'
import { loadProduct } from '@northstar/catalogue'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { hashText, type Row, tableBlock } from '@northstar/events'
import { openEmbeddedCounters } from '@northstar/live-counters/embedded'
import { durableEvents, metricsSection } from '@northstar/metrics'
import { channelsSection } from '@northstar/notifications'
import { afterAll, describe, expect, it } from 'vitest'
import { backtestRules, testRules } from './rules.ts'

const product = new URL('../../../deploy/products/caro', import.meta.url).pathname
const { catalogue } = loadProduct(product, {
  metrics: metricsSection,
  rules: alertsSection,
  notifying: channelsSection,
  ruleTests: rulesTestSection,
})
const folder = mkdtempSync(join(tmpdir(), 'northstar-rules-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const open = (name: string) => openEmbeddedWarehouse({ folder, database: name })

describe('Caro’s rules', () => {
  const tests = catalogue.ruleTests

  it(`do what their ${tests.length} tests say`, { timeout: 300_000 }, async () => {
    const failures: string[] = []
    let count = 0
    const stores = async (index: number, now: () => number) => ({
      warehouse: await open(`test_${index}`),
      counters: openEmbeddedCounters({ folder: join(folder, `counters-${index}`), partitions: 1, now }),
    })
    for await (const result of testRules(catalogue, tests, stores)) {
      count++
      failures.push(...result.failures.map(failure => [result.name, ...describeFailure(failure)].join('\n')))
    }
    expect(failures).toEqual([])
    expect(count).toBe(tests.length)
  })
})

describe('a backtest', () => {
  it('reports when rules would have fired, for how long, and who would have been notified', async () => {
    const warehouse = await open('backtest')
    await warehouse.migrate(catalogue.plan, { durableEvents: durableEvents(catalogue) })
    const from = Date.parse('2026-01-20T15:00:00Z')
    const bug = (at: number, action: string): Row => ({
      event: 'github_issue',
      id: `${action}-7`,
      timestamp: at,
      received_at: at,
      user_id: '',
      session_id: '',
      number: 7,
      action,
      priority: 'P0',
    })
    await warehouse.insertBlock(
      'events',
      tableBlock(catalogue.plan.columns, [bug(from + 60_000, 'opened'), bug(from + 600_000, 'closed')]),
      'bugs',
    )
    const steps: number[] = []
    const result = await backtestRules(catalogue, warehouse, { from, to: from + 3_600_000, stepMs: 60_000 }, done => steps.push(done))
    await warehouse.close()
    const found = result.rules.find(rule => rule.rule === 'p0_bugs_open')
    expect(found).toMatchObject({ fired: 1, firingMs: 540_000, longestMs: 540_000, share: 0.15, severity: 'P0' })
    expect(found?.episodes[0]).toMatchObject({ from: from + 120_000, to: from + 660_000, worst: 1 })
    expect(result.rules.filter(rule => rule.fired > 0)).toHaveLength(1)
    expect(result.notifications).toMatchObject({ 'on-call': 2, everything: 2 })
    expect(steps.at(-1)).toBe(1)
  })

  it('compares releases at the same age, as live evaluation and rule tests do', async () => {
    const warehouse = await open('backtest_releases')
    await warehouse.migrate(catalogue.plan, { durableEvents: durableEvents(catalogue) })
    const from = Date.parse('2026-01-20T15:00:00Z')
    const hour = 3_600_000
    const row = (event: string, timestamp: number, session: string, platform: string, version: string): Row => ({
      event,
      id: `${event}-${session}`,
      timestamp,
      received_at: timestamp,
      user_id: '',
      session_id: hashText(session),
      ...(event === 'crash' ? {} : { category: 'devops' }),
      platform,
      version,
    })
    const sessions = (platform: string, version: string, start: number, crashes: number) =>
      Array.from({ length: 300 }, (_, i) => {
        const session = `${platform}-${version}-${i}`
        const used = row('command_generated', start + i * 4_000, session, platform, version)
        return i < crashes ? [used, row('crash', start + i * 4_000, session, platform, version)] : [used]
      }).flat()
    const rows = [
      ...sessions('linux', '1.0.9', from, 0),
      ...sessions('macos', '1.0.9', from, 0),
      ...sessions('linux', '1.1.0', from + 6 * hour, 20),
      ...sessions('macos', '1.1.0', from + 6 * hour, 0),
    ]
    await warehouse.insertBlock('events', tableBlock(catalogue.plan.columns, rows), 'releases')
    const rules = catalogue.rules.filter(({ name }) => name === 'release_crashes_more')
    const span = { from, to: from + 9 * hour, stepMs: 15 * 60_000 }
    const result = await backtestRules({ ...catalogue, rules }, warehouse, span)
    await warehouse.close()
    expect(result.rules).toMatchObject([{ rule: 'release_crashes_more', fired: 1, episodes: [{ member: 'linux', to: null }] }])
    const [episode] = result.rules[0]?.episodes ?? []
    expect(episode?.from).toBeGreaterThan(from + 6 * hour)
    expect(episode?.from).toBeLessThanOrEqual(from + 7 * hour)
  })
})
