import { COUNTERS_DEFAULTS, createCounters } from '@northstar/counters'
import { livePlan } from '@northstar/metrics'
import { type Component, createLogger, createMetrics } from '@northstar/runtime'
import { eventually } from '@northstar/testkit'
import { createWarehouse, WAREHOUSE_DEFAULTS } from '@northstar/warehouse'
import type { ConsumerRole } from './consumer.ts'
import type { ProductCopy } from './product-copy.ts'
import type { Stores } from './stores.ts'

/** So small that nearly every record is a batch. */
const BATCH_BYTES = 800

/** One consumer service in this process. */
export function createService(role: ConsumerRole, { log, warehouse, counters, incidents }: Stores, { catalogue }: ProductCopy): Component {
  const shared = { log, incidents, plan: catalogue.plan, metrics: createMetrics(), logger: createLogger('silent', role), now: Date.now }
  return role === 'warehouse'
    ? createWarehouse({ ...WAREHOUSE_DEFAULTS, batchBytes: BATCH_BYTES, lingerMs: 0, maxLingerMs: 0 }, { ...shared, warehouse })
    : createCounters(
        { ...COUNTERS_DEFAULTS, batchBytes: BATCH_BYTES, lingerMs: 0, maxLingerMs: 0 },
        { ...shared, counters, aggregates: livePlan(catalogue) },
      )
}

/** Resolves once the group has processed and committed the whole log. On a slow machine hundreds of small batches take minutes. */
export const done = (role: ConsumerRole, stores: Stores) =>
  eventually(() => isDone(role, stores), { timeoutMs: 300_000, what: `${role} at the end of the log` })

/** Whether the group has processed and committed the whole log. */
export async function isDone(role: ConsumerRole, { log, counters }: Stores): Promise<boolean> {
  const [bounds, commits] = await Promise.all([log.bounds(), log.commits(role)])
  for (const { partition, next } of bounds) {
    const offset = role === 'warehouse' ? commits.get(partition)?.offset : (await counters.position(partition))?.offset
    if ((offset ?? 0) !== next) return false
  }
  return true
}
