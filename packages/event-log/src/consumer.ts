import { createBackoff, createSignal, settlesWithin } from '@northstar/runtime/async'
import type { ClaimSource } from './claims.ts'
import type { Logger } from './logger.ts'
import type { Monitor } from './monitor.ts'
import type { Commit, ConsumeOptions, Consumer } from './port.ts'
import { HandlerFailed, type Round, startRound } from './round.ts'

/** A member's partitions, from one rebalance to the next. */
export interface Membership {
  readonly partitions: readonly number[]
  /** Settles once the partitions must be given up. */
  readonly over: Promise<void>
  /** Rejects with PartitionLost when the membership is over, and with LogUnavailable. */
  commit(partition: number, commit: Commit): Promise<void>
}

/** A consumer as a member of its group. An adapter implements it. */
export interface GroupMember {
  /** Joins, or joins again after the partitions were given up. One attempt. */
  join(): Promise<Membership>
  leave(): Promise<void>
}

export interface ConsumerParts {
  readonly member: GroupMember
  readonly commits: (partitions: readonly number[]) => Promise<ReadonlyMap<number, Commit>>
  readonly earliest: (partitions: readonly number[]) => Promise<ReadonlyMap<number, number>>
  readonly openSource: (partition: number, offset: number) => ClaimSource
  /** Whether retrying cannot help against an error of the functions above. */
  readonly isFatal: (error: unknown) => boolean
  /** Calls back when the partitions must be assigned anew. Returns a function that unsubscribes. */
  readonly onRegroup?: (listener: () => void) => () => void
  readonly close: () => void
  readonly monitor: Monitor
  readonly logger: Logger
  /** How long handlers may take to return after their claims were aborted, ms. */
  readonly drainTimeoutMs: number
}

/** How long `stop` waits for the log, ms. */
const LEAVE_TIMEOUT_MS = 2_000

/** Joins the group, runs a handler for each partition, gives the partitions up, and joins again: until it is stopped or fails. */
export function startConsumer(options: ConsumeOptions, parts: ConsumerParts): Consumer {
  const { member, monitor, logger } = parts
  const context = { group: options.group }
  const wake = createSignal()
  const failure = createFailure()
  let round: Round | undefined
  let stopping = false
  let stopped: Promise<void> | undefined

  async function runRound(): Promise<'rebalance' | 'lost'> {
    monitor.trouble('group', 'joining')
    const membership = await member.join()
    const { partitions } = membership
    const [commits, earliest] = await Promise.all([parts.commits(partitions), parts.earliest(partitions)])
    monitor.ok('group')
    if (stopping) return 'rebalance'
    logger.info({ ...context, partitions }, 'partitions claimed')
    round = startRound(options.run, parts, { membership, commits, earliest })
    try {
      return await round.outcome
    } finally {
      round = undefined
      logger.info({ ...context, partitions }, 'partitions given up')
    }
  }

  async function work(): Promise<void> {
    const backoff = createBackoff()
    while (!stopping) {
      try {
        if ((await runRound()) === 'rebalance') {
          backoff.reset()
          continue
        }
      } catch (error) {
        if (error instanceof HandlerFailed) throw error.cause
        if (parts.isFatal(error)) throw error
        monitor.trouble('group', error instanceof Error ? error.message : String(error))
        logger.debug({ ...context, err: error }, 'the group could not be joined')
      }
      if (!stopping) await wake.wait(backoff.next())
    }
  }

  const working = work().then(
    () => monitor.end('stopped'),
    async (error: unknown) => {
      monitor.end(error instanceof Error ? error.message : String(error))
      logger.warn({ ...context, err: error }, 'the consumer failed')
      await leaveGroup(parts, options.group)
      failure.fail(error)
    },
  )

  async function stop(): Promise<void> {
    stopping = true
    // Handlers drain within bounds; a join may be held up by the other members.
    const timeoutMs = round ? parts.drainTimeoutMs + LEAVE_TIMEOUT_MS : LEAVE_TIMEOUT_MS
    round?.end()
    wake.notify()
    const settled = await settlesWithin(timeoutMs, working)
    if (!settled) parts.close()
    await leaveGroup(parts, options.group)
    await working
    failure.end()
  }

  return {
    health: () => monitor.health(),
    failed: failure.failed,
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

async function leaveGroup({ member, close, logger }: ConsumerParts, group: string): Promise<void> {
  const leaving = member.leave().catch((error: unknown) => logger.debug({ group, err: error }, 'the group could not be left'))
  await settlesWithin(LEAVE_TIMEOUT_MS, leaving)
  close()
}

/** A promise that `fail` rejects, or else `end` resolves. */
function createFailure() {
  let fail: (error: unknown) => void = () => {}
  let end: () => void = () => {}
  const failed = new Promise<void>((resolve, reject) => {
    end = resolve
    fail = reject
  })
  // Callers may read `health` instead of awaiting it.
  failed.catch(() => {})
  return { failed, fail, end }
}
