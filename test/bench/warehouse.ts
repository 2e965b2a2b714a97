import type { Warehouse } from '@northstar/clickhouse'
import { openWarehouse } from '@northstar/clickhouse/open'
import type { EventLog } from '@northstar/event-log'
import { metricRollups } from '@northstar/metrics'
import { createMetrics } from '@northstar/runtime'
import { startClickHouse, tempFolder } from '@northstar/testkit'
import { createWarehouse, GROUP, WAREHOUSE_DEFAULTS } from '@northstar/warehouse'
import { catalogue, consumeAll, EVENTS, type FilledLog, filledEmbeddedLog, filledKafkaLog, logger, withIncidents } from './consumers.ts'
import type { Figure } from './figure.ts'

/** The warehouse service on a backlog: announce, insert, commit; with the rollups that hang on the table. */
export async function bench(): Promise<readonly Figure[]> {
  return [...(await intoServer()), ...(await intoProcess())]
}

async function intoServer(): Promise<readonly Figure[]> {
  const clickhouse = await startClickHouse()
  const filled = await filledKafkaLog()
  const warehouse = await openWarehouse({ clickhouseUrl: clickhouse.url, folder: '', retentionDays: 730 })
  try {
    return await store('warehouse, Kafka to ClickHouse', filled, warehouse, [clickhouse.pid])
  } finally {
    await warehouse.close()
    await filled.close()
    await clickhouse.stop()
  }
}

async function intoProcess(): Promise<readonly Figure[]> {
  const data = await tempFolder('bench-warehouse')
  const filled = await filledEmbeddedLog(`${data.path}/log`)
  const warehouse = await openWarehouse({ folder: `${data.path}/warehouse`, retentionDays: 730 })
  try {
    return await store('warehouse, LMDB to ClickHouse in process', filled, warehouse, [])
  } finally {
    await warehouse.close()
    await filled.close()
    await data.remove()
  }
}

async function store(name: string, { log, bytes }: FilledLog, warehouse: Warehouse, storePids: readonly number[]) {
  const { plan } = catalogue
  await warehouse.migrate(plan, { rollups: metricRollups(catalogue) })
  const shared = { log, warehouse, plan, metrics: createMetrics(), logger, now: Date.now }
  return withIncidents(async (incidents): Promise<readonly Figure[]> => {
    const service = createWarehouse(WAREHOUSE_DEFAULTS, { ...shared, incidents })
    const figures = await consumeAll({ name, log, done: () => recordsStored(log), service, storePids })
    return [
      ...figures,
      { name: `${name}: in the log`, value: bytes / EVENTS, unit: 'bytes/event' },
      { name: `${name}: in the table`, value: await bytesOfRow(warehouse), unit: 'bytes/event' },
    ]
  })
}

/** Bytes of a stored event on disk, projections included. */
async function bytesOfRow(warehouse: Warehouse): Promise<number> {
  const parts = "system.parts WHERE active AND database = currentDatabase() AND table = 'events'"
  const [size] = await warehouse.query<{ each: number }>(`SELECT sum(bytes_on_disk) / sum(rows) AS each FROM ${parts}`)
  return size?.each ?? Number.NaN
}

async function recordsStored(log: EventLog): Promise<number> {
  const commits = await log.commits(GROUP)
  return [...commits.values()].reduce((sum, { offset }) => sum + offset, 0)
}
