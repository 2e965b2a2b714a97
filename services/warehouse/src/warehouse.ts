import type { TrackingPlan } from '@northstar/catalogue'
import { QueryFailed, TableMissing, type Warehouse } from '@northstar/clickhouse'
import type { EventLog, PartitionClaim } from '@northstar/event-log'
import { type GroupPosition, type LogIncidents, type OpenPartition, openPartition, type ReadRecord } from '@northstar/pipeline'
import { type Component, consumerComponent, type Logger, lingerAfter, type Metrics, type Worker } from '@northstar/runtime'
import { fromCommit, toCommit } from './announcement.ts'
import type { WarehouseConfig } from './config.ts'
import { findStart } from './find-start.ts'
import { createRangeStore, isTransient, type Range } from './store-range.ts'
import { readStoredPosition } from './stored-position.ts'

export { WAREHOUSE_DEFAULTS, type WarehouseConfig } from './config.ts'
export { createEventRetentionJob } from './event-retention.ts'

export const GROUP = 'warehouse'

const IDLE_MS = 1_000
/** The inserts of all partitions use at most 1/20 of the time, since an insert costs as much as two thousand rows. */
const LINGER_BY_INSERT = 20

export interface WarehouseDeps {
  readonly log: EventLog
  readonly warehouse: Warehouse
  readonly incidents: LogIncidents
  readonly plan: TrackingPlan
  readonly metrics: Metrics
  readonly logger: Logger
  readonly now: () => number
}

const isTransientUntilMigrated = (error: unknown) => isTransient(error) || error instanceof QueryFailed

/**
 * Stores every record of the log in the warehouse exactly once. A range of records is announced by a commit, then inserted under a token
 * made from the range. A consumer that has lost its partition cannot announce, so it inserts nothing. The next consumer repeats the
 * announced range under the same token, and ClickHouse drops rows that it already has under that token.
 */
export function createWarehouse(config: WarehouseConfig, deps: WarehouseDeps): Component {
  const { log, warehouse, logger } = deps
  const claims = countRunning(storeUntilLost)
  /** Number of inserts that found no tables. After each, every partition must be stored again. */
  let emptied = 0
  const storeRange = createRangeStore(config, { ...deps, group: GROUP, onTableMissing: () => emptied++ })

  async function storeUntilLost(claim: PartitionClaim, worker: Worker): Promise<void> {
    while (!claim.signal.aborted) {
      try {
        return await storeFrom(claim, worker)
      } catch (error) {
        if (!(error instanceof TableMissing)) throw error
        logger.error(
          { err: error, partition: claim.partition },
          'tables are missing: run "northstar migrate"; the log is then stored again',
        )
        await worker.attempt(() => readStoredPosition(warehouse, '', claim.partition), isTransientUntilMigrated)
      }
    }
  }

  async function storeFrom(claim: PartitionClaim, worker: Worker): Promise<void> {
    const attempt = <T>(work: () => Promise<T>) => worker.attempt(work, isTransient)
    const { stored, to } = await attempt(() => findStart(claim, { ...deps, group: GROUP }))
    const partition = await openPartition(claim, stored, { ...config, ...deps, worker, group: GROUP }, to)
    if (!partition) return
    let at = partition.start
    // If the previous consumer stopped after its last insert and before the commit, this claim must commit for it.
    const committed = fromCommit(claim.committed)
    let completed = committed === null ? at.offset === 0 : committed.position.offset === at.offset && committed.to === at.offset
    const known = emptied
    const store = async (range: Range) => {
      try {
        if (emptied > known) throw new TableMissing('another partition found the tables gone')
        await storeRange(claim, worker, range)
      } catch (error) {
        if (error instanceof TableMissing) await recordLoss(deps.incidents, claim.partition, at)
        throw error
      }
      at = range.after
      completed = false
    }

    // The range that the previous consumer left incomplete is inserted again under the same token.
    if (stored.offset === at.offset && to > at.offset) {
      const left = await readRange(partition, Math.min(to, partition.end))
      if (claim.signal.aborted) return
      if (left) await store(left)
    }

    let lingerMs = config.lingerMs
    for (;;) {
      const limit = { maxBytes: config.batchBytes, lingerMs, quietMs: config.lingerMs, ...(!completed && { idleMs: IDLE_MS }) }
      const batch = await partition.next(limit)
      if (!batch) {
        // The last range is marked as complete, since the next announcement may not follow soon.
        await attempt(() => claim.commit(toCommit({ position: at, to: at.offset })))
        completed = true
        if (claim.signal.aborted) return
        continue
      }
      const startedAt = deps.now()
      await store(batch)
      lingerMs = lingerAfter(deps.now() - startedAt, LINGER_BY_INSERT * claims.running, config)
    }
  }

  return consumerComponent({ log, group: GROUP, run: claims.run, metrics: deps.metrics, logger })
}

async function recordLoss(incidents: LogIncidents, partition: number, { log, offset }: GroupPosition): Promise<void> {
  const detail = `Partition ${partition}: the warehouse has lost its tables, with the records before offset ${offset}. They are stored again from the log.`
  await incidents.record(GROUP, log, { kind: 'store_behind', partition, from: offset, to: 0, detail })
}

/** Wraps a function and counts its running calls. */
function countRunning<A extends readonly unknown[]>(work: (...args: A) => Promise<void>) {
  const counted = {
    running: 0,
    async run(...args: A): Promise<void> {
      counted.running++
      try {
        await work(...args)
      } finally {
        counted.running--
      }
    },
  }
  return counted
}

/** The records up to `to` as one range; null if there are none. */
async function readRange(partition: OpenPartition, to: number): Promise<Range | null> {
  const records: ReadRecord[] = []
  let before: GroupPosition | undefined
  let after = partition.start
  while (after.offset < to) {
    const batch = await partition.next({ before: to })
    if (!batch) break
    records.push(...batch.records)
    before ??= batch.before
    after = batch.after
  }
  return before ? { records, before, after } : null
}
