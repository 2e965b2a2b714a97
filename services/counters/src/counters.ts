import type { TrackingPlan } from '@northstar/catalogue'
import { type EventLog, LogUnavailable, type PartitionClaim, readUntil } from '@northstar/event-log'
import { createRowCheck, DuplicateWindow, refillWindow } from '@northstar/events'
import {
  type Aggregate,
  CountersUnavailable,
  countOfKind,
  createFold,
  type Deltas,
  type LiveCounters,
  type Position,
  PositionMoved,
} from '@northstar/live-counters'
import { type Component, consumerComponent, type Logger, lingerAfter, type Metrics, retrying } from '@northstar/runtime'
import type { CountersConfig } from './config.ts'
import { coverageFrom } from './coverage.ts'
import { foldRecords } from './fold-records.ts'

export { COUNTERS_DEFAULTS, type CountersConfig } from './config.ts'

export const GROUP = 'counters'

const IDLE_MS = 1_000
/** Folding and applying takes at most so small a part of a partition's time, unless there is more to do than that. */
const LINGER_BY_BATCH = 10

export interface CountersDeps {
  readonly log: EventLog
  readonly counters: LiveCounters
  readonly plan: TrackingPlan
  /** What to keep, over and above a count of every event kind. */
  readonly aggregates: readonly Aggregate[]
  readonly metrics: Metrics
  readonly logger: Logger
  readonly now: () => number
}

/**
 * Folds the log into the live counters, exactly once: each batch's deltas and the position behind it are one atomic call,
 * so whoever carries on reads the position and knows what has been counted.
 */
export function createCounters(config: CountersConfig, deps: CountersDeps): Component {
  const { log, counters, metrics, logger } = deps
  metrics.declareEvents(deps.plan.events.values())
  const check = createRowCheck(deps.plan)
  const aggregates = [...[...deps.plan.events.keys()].map(countOfKind), ...deps.aggregates]

  /** Counts a partition from where the counters say it stands, until the claim ends or somebody else moves the position. */
  async function countFrom(claim: PartitionClaim, start: Position | null): Promise<void> {
    const duplicates = new DuplicateWindow(config.duplicateWindow)
    const fold = createFold(aggregates)
    const covering = () => coverageFrom(claim, start, { log, aggregates, now: deps.now })
    const coverage = await retrying(covering, isLogUnavailable, claim.signal, logger)
    const reader = claim.read(start?.windowStart ?? 0)
    // What came earlier decides what is a repeat: read it again, by its headers alone.
    if (start && !(await readUntil(claim, reader, start.windowStart, start.offset, records => refillWindow(duplicates, records)))) return

    const { offset, windowStart } = start ?? { offset: claim.earliest, windowStart: claim.earliest }
    let position: Position = { offset, windowStart, coverage }
    if (coverage !== start?.coverage) await apply(claim, start, position, new Map())
    let committedAt = 0
    let { lingerMs } = config
    for (;;) {
      const records = await reader.next({ maxBytes: config.batchBytes, lingerMs, idleMs: IDLE_MS })
      const last = records.at(-1)
      if (!last) {
        if (claim.signal.aborted) break
        // Nothing to apply would never find out that the counters were reset or restored.
        const found = await retrying(() => counters.position(claim.partition), isUnavailable, claim.signal, logger)
        if (found?.offset !== position.offset) throw new PositionMoved(claim.partition, found)
        continue
      }
      const startedAt = deps.now()
      const endBatch = metrics.batchSeconds.startTimer({ group: GROUP })
      const tally = foldRecords(records, duplicates, fold, check)
      const deltas = fold.take()
      const next = { offset: last.offset + 1, windowStart: duplicates.windowStart ?? last.offset + 1, coverage }
      await apply(claim, position, next, deltas)
      position = next
      lingerMs = lingerAfter(deps.now() - startedAt, LINGER_BY_BATCH, config)
      endBatch()
      tally.report(metrics, GROUP)
      if (deps.now() - committedAt >= config.commitEveryMs) {
        await tellLag(claim, position)
        committedAt = deps.now()
      }
    }
    await tellLag(claim, position)
  }

  const apply = (claim: PartitionClaim, expected: Position | null, next: Position, deltas: Deltas) =>
    retrying(() => counters.apply(claim.partition, expected, next, deltas), isUnavailable, claim.signal, logger)

  /** Only lag is read from it, so a log that is away for the moment does no harm. */
  async function tellLag(claim: PartitionClaim, { offset }: Position): Promise<void> {
    try {
      await claim.commit({ offset, metadata: '' })
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error
      logger.warn({ err: error, partition: claim.partition }, 'the offset could not be committed')
    }
  }

  async function run(claim: PartitionClaim): Promise<void> {
    while (!claim.signal.aborted) {
      const position = await retrying(() => counters.position(claim.partition), isUnavailable, claim.signal, logger)
      try {
        return await countFrom(claim, position)
      } catch (error) {
        if (!(error instanceof PositionMoved)) throw error
        // Either the partition is another worker's, which this commit finds out, or the counters were reset to be rebuilt.
        await claim.commit({ offset: claim.committed?.offset ?? 0, metadata: '' })
        logger.warn({ partition: claim.partition, found: error.found }, 'the position was moved: counting on from there')
      }
    }
  }

  return consumerComponent({ log, group: GROUP, run, metrics, logger })
}

const isUnavailable = (error: unknown) => error instanceof CountersUnavailable
const isLogUnavailable = (error: unknown) => error instanceof LogUnavailable
