import { derived, type TrackingPlan } from '@northstar/catalogue'
import { type EventLog, LogUnavailable, type PartitionClaim } from '@northstar/event-log'
import { createEventCheck, DUPLICATE_WINDOW } from '@northstar/events'
import {
  type Aggregate,
  CountersUnavailable,
  type Coverage,
  countOfKind,
  coverageAfter,
  createFold,
  type Deltas,
  type LiveCounters,
  type Position,
  PositionMoved,
  readAdmission,
  samePosition,
} from '@northstar/live-counters'
import { type LogIncidents, openPartition } from '@northstar/pipeline'
import { type Component, consumerComponent, type Logger, lingerAfter, type Metrics, type Worker } from '@northstar/runtime'
import { coverageFrom } from './coverage.ts'
import { foldRecords } from './fold-records.ts'

export const GROUP = 'counters'

const IDLE_MS = 1_000
/** Folding and applying use at most 1/5 of a partition's time, unless there is more to do. */
const LINGER_BY_BATCH = 5

export interface CountersConfig {
  /** How many preceding events of a partition are searched for a repeated id. */
  readonly duplicateWindow: number
  /** Maximum size of a batch, bytes. */
  readonly batchBytes: number
  /** How long a batch gathers records after its first one, ms; up to `maxLingerMs` if batches take long. */
  readonly lingerMs: number
  readonly maxLingerMs: number
  /** Interval of offset commits to the log, ms. Only lag is read from them: the position itself is in the counters' store. */
  readonly commitEveryMs: number
}

export const COUNTERS_DEFAULTS: CountersConfig = {
  duplicateWindow: DUPLICATE_WINDOW,
  batchBytes: 2 * 1024 * 1024,
  lingerMs: 5,
  maxLingerMs: 50,
  commitEveryMs: 2_000,
}

export interface CountersDeps {
  readonly log: EventLog
  readonly counters: LiveCounters
  readonly incidents: LogIncidents
  readonly plan: TrackingPlan
  /** The aggregates to count, in addition to the count of every event kind. */
  readonly aggregates: readonly Aggregate[]
  readonly metrics: Metrics
  readonly logger: Logger
  readonly now: () => number
}

/**
 * Counts every event of the log in the live counters exactly once: one atomic call applies a batch's deltas and moves the position, so the
 * stored position always matches the counts.
 */
export function createCounters(config: CountersConfig, deps: CountersDeps): Component {
  const { log, counters, metrics, logger } = deps
  const check = createEventCheck(deps.plan)
  const aggregatesNow = derived(deps.plan, () => declareAggregates(deps))
  aggregatesNow()

  /** Counts a partition from the stored position on, until the claim ends or the position is moved by another process. */
  async function countFrom(claim: PartitionClaim, worker: Worker, stored: Position | null): Promise<void> {
    const aggregates = aggregatesNow()
    const admission = await worker.attempt(() => readAdmission(counters, claim.partition, stored, aggregates), isUnavailable)
    const fold = createFold(aggregates, admission)
    const partition = await openPartition(claim, stored, { ...config, group: GROUP, log, incidents: deps.incidents, worker, logger })
    if (!partition) return
    const coverageNow = () => coverageFrom(claim, stored, { log, aggregates, now: deps.now })
    const coverage = await worker.attempt(coverageNow, isLogUnavailable)
    let position: Position = { ...partition.start, coverage: rebase(coverage, stored, partition.start) }
    const apply = (expected: Position | null, next: Position, deltas: Deltas) =>
      worker.attempt(() => counters.apply(claim.partition, expected, next, deltas), isUnavailable)
    if (!samePosition(stored, position)) await apply(stored, position, new Map())
    let committedAt = 0
    let { lingerMs } = config
    // A reloaded plan may have more aggregates, whose coverage begins now.
    while (aggregatesNow() === aggregates) {
      const batch = await partition.next({ maxBytes: config.batchBytes, lingerMs, idleMs: IDLE_MS })
      if (!batch) {
        if (claim.signal.aborted) break
        // A reset or restore of the counters is noticed only by applying a batch or by this check.
        const found = await worker.attempt(() => counters.position(claim.partition), isUnavailable)
        if (found?.offset !== position.offset) throw new PositionMoved(claim.partition, found)
        continue
      }
      const startedAt = deps.now()
      const waitMs = startedAt - (batch.records[0]?.record.appendedAt ?? startedAt)
      metrics.waitSeconds.observe({ group: GROUP }, Math.max(0, waitMs) / 1_000)
      const endBatch = metrics.batchSeconds.startTimer({ group: GROUP })
      const tally = foldRecords(batch.records, fold, check)
      const coverage = position.coverage && coverageAfter(position.coverage, batch.after.lastAt, fold.newest())
      const next = { ...batch.after, coverage }
      const endApply = metrics.applySeconds.startTimer()
      await apply(position, next, fold.take())
      endApply()
      position = next
      lingerMs = lingerAfter(deps.now() - startedAt, LINGER_BY_BATCH, config)
      endBatch()
      tally.report(metrics, GROUP)
      if (Math.abs(deps.now() - committedAt) >= config.commitEveryMs) {
        await commitOffset(claim, position)
        committedAt = deps.now()
      }
    }
    await commitOffset(claim, position)
  }

  /** A failure is only logged, since the commit only shows the lag. */
  async function commitOffset(claim: PartitionClaim, { offset, windowStart }: Position): Promise<void> {
    try {
      await claim.commit({ offset, metadata: '', keepFrom: windowStart })
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error
      logger.warn({ err: error, partition: claim.partition }, 'cannot commit the offset')
    }
  }

  async function run(claim: PartitionClaim, worker: Worker): Promise<void> {
    while (!claim.signal.aborted) {
      const position = await worker.attempt(() => counters.position(claim.partition), isUnavailable)
      try {
        await countFrom(claim, worker, position)
      } catch (error) {
        if (!(error instanceof PositionMoved)) throw error
        // If another worker has the partition, this commit fails. Otherwise the counters were reset and are counted again.
        await worker.attempt(() => claim.commit(claim.committed ?? { offset: 0, metadata: '' }), isLogUnavailable)
        logger.warn({ partition: claim.partition, found: error.found }, 'the position was moved; continuing from there')
      }
    }
  }

  return consumerComponent({ log, group: GROUP, run, metrics, logger })
}

/** The aggregates of the current plan. */
function declareAggregates({ plan, metrics, aggregates }: CountersDeps): readonly Aggregate[] {
  metrics.declareEvents(plan.events.values())
  return [...[...plan.events.keys()].map(countOfKind), ...aggregates]
}

/** After the log was replaced or has lost records, its offsets are lower. A partition that had caught up still has. */
function rebase(coverage: Coverage, stored: Position | null, { log, offset }: { log: string; offset: number }): Coverage {
  const moved = stored !== null && (stored.log !== log || stored.offset > offset)
  return moved && stored.offset >= coverage.until ? { ...coverage, until: 0 } : coverage
}

const isUnavailable = (error: unknown) => error instanceof CountersUnavailable
const isLogUnavailable = (error: unknown) => error instanceof LogUnavailable
