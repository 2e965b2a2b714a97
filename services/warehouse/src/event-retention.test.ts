import type { EventKind, TrackingPlan } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { connectWarehouse } from '@northstar/clickhouse/server'
import { type Row, tableBlock } from '@northstar/events'
import { startClickHouse, tempFolder } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { createEventRetentionJob } from './event-retention.ts'

const DAY_MS = 86_400_000
const NOW = Date.now()
const columns = [{ name: 'size', type: 'integer', lowCardinality: false } as const]

const kind = (name: string, retentionDays?: number): [string, EventKind] => {
  const optional = retentionDays === undefined ? {} : { retentionDays }
  return [name, { name, description: '', view: `retention_views.${name}`, user: 'required', properties: new Map(), ...optional }]
}
const plan: TrackingPlan = { events: new Map([kind('crash', 90), kind('opened', 90), kind('run')]), columns }

const row = (event: string, days: number): Row => {
  const at = NOW - days * DAY_MS
  return { event, id: `${event}-${days}`, timestamp: at, received_at: at, user_id: '', session_id: '', size: days }
}

async function openOn(engine: string): Promise<{ readonly warehouse: Warehouse; close(): Promise<void> }> {
  if (engine === 'in process') {
    const folder = await tempFolder('event-retention')
    const warehouse = await openEmbeddedWarehouse({ folder: folder.path })
    return { warehouse, close: () => warehouse.close().then(folder.remove) }
  }
  const server = await startClickHouse()
  const warehouse = connectWarehouse({ url: server.url, database: 'retention' })
  return { warehouse, close: () => warehouse.close().then(() => server.stop()) }
}

test.each(['in process', 'a server'])('events are deleted when their own kind expires; open items stay: the engine is %s', async engine => {
  const { warehouse, close } = await openOn(engine)
  try {
    await warehouse.migrate(plan, { durableEvents: ['opened'] })
    const rows = ['crash', 'opened', 'run'].flatMap(event => [1, 89, 91, 400].map(days => row(event, days)))
    await warehouse.insertBlock('events', tableBlock(columns, rows), 'retention-1')
    const left = async (table: string) =>
      (await warehouse.query<{ event: string; size: number }>(`SELECT event, size FROM ${table} ORDER BY event, size`)).map(
        ({ event, size }) => `${event} ${Number(size)}`,
      )
    const job = createEventRetentionJob({ plan, warehouse, now: () => NOW })
    for (let run = 0; run < 2; run++) {
      await job.run({ dueAt: NOW, lateMs: 0 })
      expect(await left('events')).toEqual(['crash 1', 'crash 89', 'opened 1', 'opened 89', 'run 1', 'run 89', 'run 91', 'run 400'])
    }
    expect(await left('durable_events')).toEqual(['opened 1', 'opened 89', 'opened 91', 'opened 400'])
  } finally {
    await close()
  }
})
