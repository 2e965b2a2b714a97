import { alertsFile } from '@northstar/alerting'
import { loadProduct } from '@northstar/catalogue'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { tableBlock } from '@northstar/events'
import { durableEvents, metricsSection } from '@northstar/metrics'
import { eventually, tempFolder } from '@northstar/testkit'
import { describe, expect, it } from 'vitest'
import { createLateness } from './lateness.ts'

const product = new URL('../../../deploy/products/caro', import.meta.url).pathname
const { catalogue } = loadProduct(product, { metrics: metricsSection })
const NOW = Date.parse('2026-01-20T12:00:00Z')

const ruleOf = (metric: string) => {
  const rule = { alert: 'r', metric, window: '5m', condition: { above: 0 }, severity: 'P0', action: '' }
  const [made] = alertsFile.parse({ groups: [{ name: 'g', rules: [rule] }] })
  if (!made) throw new Error('the rule is missing')
  return made
}

describe('the lateness of a rule’s events', () => {
  it('is the 99th percentile of what came live in the last hour, by kind; imports, futures and few events do not count', async () => {
    const folder = await tempFolder('lateness')
    const warehouse = await openEmbeddedWarehouse({ folder: folder.path })
    await warehouse.migrate(catalogue.plan, { durableEvents: durableEvents(catalogue) })
    const events = (event: string, count: number, lateMs: number) =>
      Array.from({ length: count }, (_, i) => {
        const receivedAt = NOW - 600_000 - i * 100
        const ids = { id: `${event}-${lateMs}-${i}`, user_id: 'u', session_id: 's' }
        return { event, timestamp: receivedAt - lateMs, received_at: receivedAt, ...ids }
      })
    const rows = [
      events('command_generated', 950, 200),
      events('command_generated', 50, 30_000),
      // An hour late: somebody's import.
      events('command_generated', 500, 1_900_000),
      events('satisfaction_survey', 100, -60_000),
      events('crash', 10, 90_000),
    ]
    await warehouse.insertBlock('events', tableBlock(catalogue.plan.columns, rows.flat()), 'late')
    const failures: unknown[] = []
    const lateness = createLateness({
      query: (sql, options) => warehouse.query(sql, options),
      metrics: catalogue.metrics,
      now: () => NOW,
      onFailure: error => failures.push(error),
    })
    expect(lateness.of(ruleOf('error_rate'))).toBe(0)
    lateness.refresh()
    await eventually(() => lateness.worst > 0 || failures.length > 0)
    expect(failures).toEqual([])
    expect(lateness.of(ruleOf('error_rate'))).toBe(30_000)
    expect(lateness.of(ruleOf('csat'))).toBe(0)
    // Sessions are seen in any event.
    expect(lateness.of(ruleOf('crash_rate'))).toBe(30_000)
    await warehouse.close()
    await folder.remove()
  })
})
