import type { TrackingPlan } from '@northstar/catalogue'
import { TableMissing, type Warehouse, WarehouseUnavailable } from '@northstar/clickhouse'
import { LogUnavailable, type PartitionClaim } from '@northstar/event-log'
import { createEventCheck } from '@northstar/events'
import type { Batch, GroupPosition, ReadRecord } from '@northstar/pipeline'
import type { Metrics, Worker } from '@northstar/runtime'
import { StateUnavailable } from '@northstar/state'
import { toCommit } from './announcement.ts'
import type { WarehouseConfig } from './config.ts'
import { storeBatch } from './store-batch.ts'
import { insertPosition } from './stored-position.ts'

/** The records of one insert. */
export interface Range extends Pick<Batch, 'before' | 'after'> {
  readonly records: readonly ReadRecord[]
}

export interface RangeStoreDeps {
  readonly group: string
  readonly warehouse: Warehouse
  readonly plan: TrackingPlan
  readonly metrics: Metrics
  readonly now: () => number
  /** Called when an insert finds no table. */
  readonly onTableMissing: () => void
}

export const isTransient = (error: unknown) =>
  (error instanceof WarehouseUnavailable && !(error instanceof TableMissing)) ||
  error instanceof LogUnavailable ||
  error instanceof StateUnavailable

/** Announces a range by a commit and inserts it under the range's token. Rejects with TableMissing when the warehouse was emptied. */
export function createRangeStore(
  config: Pick<WarehouseConfig, 'announcementMs'>,
  deps: RangeStoreDeps,
): (claim: PartitionClaim, worker: Worker, range: Range) => Promise<void> {
  const { group, onTableMissing } = deps
  const check = createEventCheck(deps.plan)

  return async (claim, worker, { records, before, after }) => {
    const endBatch = deps.metrics.batchSeconds.startTimer({ group })
    const token = tokenOf(claim.partition, before, after)
    let announcedAt = Number.NEGATIVE_INFINITY
    const announce = async () => {
      if (Math.abs(deps.now() - announcedAt) < config.announcementMs) return
      await claim.commit(toCommit({ position: before, to: after.offset }))
      announcedAt = deps.now()
    }
    const attempt = (work: () => Promise<void>) =>
      worker.attempt(work, isTransient).catch((error: unknown) => {
        if (error instanceof TableMissing) onTableMissing()
        throw error
      })
    const announced = (insert: () => Promise<void>) =>
      attempt(async () => {
        await announce()
        await insert()
      })
    const outcome = await storeBatch(records, token, {
      check,
      columns: deps.plan.columns,
      insert: (table, rows, insertToken) => announced(() => deps.warehouse.insert(table, rows, insertToken)),
      insertBlock: (table, block, insertToken) => announced(() => deps.warehouse.insertBlock(table, block, insertToken)),
      tryBlock: (table, block) => attempt(() => deps.warehouse.tryBlock(table, block)),
    })
    await announced(() => insertPosition(deps.warehouse, claim.partition, after, token))
    endBatch()
    outcome.report(deps.metrics, group)
  }
}

/** Unique to the records of a range: a log that lost records reuses their offsets, but at a later time. */
function tokenOf(partition: number, before: GroupPosition, after: GroupPosition): string {
  return `${before.log}:${partition}:${before.offset}-${after.offset}:${after.lastAt}`
}
