import type { Catalogue } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { openWarehouse } from '@northstar/clickhouse/open'
import type { EventLog } from '@northstar/event-log'
import { openEventLog } from '@northstar/event-log/open'
import type { LiveCounters } from '@northstar/live-counters'
import { openLiveCounters } from '@northstar/live-counters/open'
import { createLogIncidents, type LogIncidents } from '@northstar/pipeline'
import { createLogger, readSettings, storeLocations } from '@northstar/runtime'
import { openState } from '@northstar/state/open'
import type { Env } from './northstar.ts'

/** A product's stores, opened by this process as the product's own processes open them. */
export interface Stores {
  readonly log: EventLog
  readonly warehouse: Warehouse
  readonly counters: LiveCounters
  readonly incidents: LogIncidents
  close(): Promise<void>
}

/** Embedded stores must not be open elsewhere. */
export async function openStores(env: Env, { product }: Catalogue): Promise<Stores> {
  const locations = storeLocations(readSettings(env), product.name)
  const log = await openEventLog(locations.log, { logger: createLogger('silent', 'test'), clientId: 'northstar-test' })
  const warehouse = await openWarehouse(locations.warehouse)
  const counters = openLiveCounters({ ...locations.counters, partitions: log.partitions }, Date.now)
  const state = openState(locations.state, Date.now)
  return {
    log,
    warehouse,
    counters,
    incidents: createLogIncidents(state, Date.now),
    async close() {
      await Promise.all([log.close(), warehouse.close(), counters.close(), state.close()])
    },
  }
}

/** Works with the stores and closes them again. */
export async function withStores<T>(env: Env, catalogue: Catalogue, work: (stores: Stores) => Promise<T>): Promise<T> {
  const stores = await openStores(env, catalogue)
  try {
    return await work(stores)
  } finally {
    await stores.close()
  }
}
