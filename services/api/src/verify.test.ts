import { fileURLToPath } from 'node:url'
import { loadProduct } from '@northstar/catalogue'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { openEmbeddedLog } from '@northstar/event-log/embedded'
import { encodeTally } from '@northstar/events'
import { createFold } from '@northstar/live-counters'
import { openEmbeddedCounters } from '@northstar/live-counters/embedded'
import { createMetricReader, durableEvents, metricsSection } from '@northstar/metrics'
import { createLogIncidents } from '@northstar/pipeline'
import { openEmbeddedState } from '@northstar/state/embedded'
import { eventually, tempFolder } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { verify } from './verify.ts'

const caro = fileURLToPath(new URL('../../../deploy/products/caro', import.meta.url))
const { catalogue } = loadProduct(caro, { metrics: metricsSection })
const MINUTE = 60_000

test('a log whose older records were removed is compared from where it still has all of them', async () => {
  const folder = await tempFolder('verify')
  const start = Date.parse('2026-02-01T12:00:00Z')
  let now = start
  const log = await openEmbeddedLog({ folder: `${folder.path}/log`, topic: 'events', retentionMs: 30 * MINUTE }, { now: () => now })
  const warehouse = await openEmbeddedWarehouse({ folder: `${folder.path}/warehouse` })
  const counters = openEmbeddedCounters({ folder: `${folder.path}/counters`, partitions: 1, now: () => now })
  const state = openEmbeddedState({ path: `${folder.path}/state` }, { now: () => now })
  const incidents = createLogIncidents(state, () => now)
  try {
    await warehouse.migrate(catalogue.plan, { durableEvents: durableEvents(catalogue) })
    const reader = createMetricReader({ catalogue, counters, query: (sql, params) => warehouse.query(sql, { params }), now: () => now })
    const deps = { log, counters, warehouse, catalogue, incidents, reader, now: () => now }
    const minutes = [0, 20, 40, 60]
    for (const minute of minutes) {
      now = start + minute * MINUTE
      await log.append([{ partition: 0, ...encodeTally({ out_of_range: 2 }) }])
    }
    const fold = createFold([])
    for (const minute of minutes) fold.addLedger(start + minute * MINUTE, 'rejected', 2)
    await counters.apply(0, null, { log: 'test', offset: 4, lastAt: now, windowStart: 0 }, fold.take())
    await eventually(async () => ((await log.bounds())[0]?.earliest ?? 0) > 0, { timeoutMs: 20_000 })
    const rows = minutes.map(minute => ({
      partition: 0,
      minute: start + minute * MINUTE,
      accepted: 0,
      stored: 0,
      duplicates: 0,
      dead_lettered: 0,
      rejected: 2,
    }))
    await warehouse.insert('ledger', [Buffer.from(rows.map(row => `${JSON.stringify(row)}\n`).join(''))], 'ledger:1')

    const found = await verify(start, start + 61 * MINUTE, deps)
    expect(found.log_from > found.from).toBe(true)
    expect(found.rejected).toBe(8)
    expect(found.notes).toContainEqual(expect.stringContaining(`the log still has from ${found.log_from} on`))
    expect(found.differences.filter(({ what }) => what === 'rejected' || what === 'accepted')).toEqual([])
    // A loss in the part that the log still has is a difference.
    await log.append([{ partition: 0, ...encodeTally({ out_of_range: 1 }) }])
    const lost = await verify(start, start + 61 * MINUTE, deps)
    expect(lost.differences.find(({ what }) => what === 'rejected')?.found.log).toBe((found.rejected ?? 0) - 4 + 1)
  } finally {
    await Promise.all([log.close(), warehouse.close(), counters.close(), state.close()])
    await folder.remove()
  }
})
