import type { TrackingPlan } from '@northstar/catalogue'
import { type Warehouse, WarehouseUnavailable } from '@northstar/clickhouse'
import { type EventLog, LogUnavailable, type PartitionClaim, readUntil, type StoredRecord } from '@northstar/event-log'
import { createRowCheck, DuplicateWindow, planFingerprint, refillWindow } from '@northstar/events'
import { type Component, consumerComponent, type Logger, lingerAfter, type Metrics, retrying } from '@northstar/runtime'
import { type Announcement, fromCommit, toCommit } from './announcement.ts'
import type { WarehouseConfig } from './config.ts'
import { storeBatch } from './store-batch.ts'

export { WAREHOUSE_DEFAULTS, type WarehouseConfig } from './config.ts'

export const GROUP = 'warehouse'

const IDLE_MS = 1_000
/** Inserting takes at most so small a part of a partition's time, merges apart: an insert costs what two thousand rows cost. */
const LINGER_BY_INSERT = 20

export interface WarehouseDeps {
  readonly log: EventLog
  readonly warehouse: Warehouse
  readonly plan: TrackingPlan
  /** Names the log in the tokens: two logs' records never share one. */
  readonly product: string
  readonly metrics: Metrics
  readonly logger: Logger
  readonly now: () => number
}

const mayPass = (error: unknown) => error instanceof WarehouseUnavailable || error instanceof LogUnavailable

/**
 * Stores the log in the warehouse, exactly once, by announce–insert–commit: a range is announced by a commit before it is
 * inserted under a token made of the range. A consumer that lost its partition cannot announce, so cannot insert; whoever
 * takes over repeats the announced range under the same token, which ClickHouse drops if it had it.
 */
export function createWarehouse(config: WarehouseConfig, deps: WarehouseDeps): Component {
  const { log, logger } = deps
  const check = createRowCheck(deps.plan)
  const plan = planFingerprint(deps.plan)

  async function run(claim: PartitionClaim): Promise<void> {
    const stored = fromCommit(claim.committed) ?? { offset: 0, to: 0, windowStart: 0 }
    const duplicates = new DuplicateWindow(config.duplicateWindow)
    const reader = claim.read(stored.windowStart)
    const ended = !(await readUntil(claim, reader, stored.windowStart, stored.offset, records => refillWindow(duplicates, records)))
    if (ended) return

    // The batch that a predecessor left under way: the same records, the same token.
    if (stored.to > stored.offset) {
      const left: StoredRecord[] = []
      if (!(await readUntil(claim, reader, stored.offset, stored.to, records => left.push(...records)))) return
      await announceAndStore(claim, stored, left, duplicates)
    }

    let lingerMs = config.lingerMs
    let at = stored.to
    let completed = stored.to === stored.offset
    for (;;) {
      const records = await reader.next({
        maxBytes: config.batchBytes,
        lingerMs,
        quietMs: config.lingerMs,
        ...(!completed && { idleMs: IDLE_MS }),
      })
      const first = records[0]
      const last = records.at(-1)
      if (!first || !last) {
        // Nothing is under way any more: the next announcement would say so, but none is in sight.
        const finished = toCommit({ offset: at, to: at, windowStart: duplicates.windowStart ?? at })
        await retrying(() => claim.commit(finished), mayPass, claim.signal, logger)
        completed = true
        if (claim.signal.aborted) return
        continue
      }
      const range = { offset: first.offset, to: last.offset + 1, windowStart: duplicates.windowStart ?? first.offset }
      const startedAt = deps.now()
      await announceAndStore(claim, range, records, duplicates)
      lingerMs = lingerAfter(deps.now() - startedAt, LINGER_BY_INSERT, config)
      at = range.to
      completed = false
    }
  }

  async function announceAndStore(
    claim: PartitionClaim,
    range: Announcement,
    records: readonly StoredRecord[],
    duplicates: DuplicateWindow,
  ): Promise<void> {
    const endBatch = deps.metrics.batchSeconds.startTimer({ group: GROUP })
    let announcedAt = Number.NEGATIVE_INFINITY
    const announce = async () => {
      if (deps.now() - announcedAt < config.announcementMs) return
      await claim.commit(toCommit(range))
      announcedAt = deps.now()
    }
    const token = `${deps.product}:${claim.partition}:${range.offset}-${range.to}`
    const outcome = await storeBatch(records, duplicates, token, {
      check,
      plan,
      insert: (table, rows, insertToken) =>
        retrying(
          async () => {
            await announce()
            await deps.warehouse.insert(table, rows, insertToken)
          },
          mayPass,
          claim.signal,
          logger,
        ),
    })
    endBatch()
    outcome.report(deps.metrics, GROUP)
  }

  return consumerComponent({ log, group: GROUP, run, metrics: deps.metrics, logger })
}
