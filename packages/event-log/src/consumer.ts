import { createBackoff, createSignal, settlesWithin } from '@northstar/runtime/async'
import { type ClaimSource, type RunningClaim, startClaim } from './claims.ts'
import type { Logger } from './logger.ts'
import type { Monitor } from './monitor.ts'
import type { Commit, ConsumeOptions, Consumer } from './port.ts'

/** What a member of a group has from one rebalance to the next. */
export interface Membership {
  readonly partitions: readonly number[]
  /** Settles once the partitions have to be given up. */
  readonly over: Promise<void>
  /** Rejects with PartitionLost when the membership is over, and with LogUnavailable. */
  commit(partition: number, commit: Commit): Promise<void>
}

/** One consumer's place in its group. An adapter implements it. */
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
  /** Whether an error of the above will not go away by trying again. */
  readonly isFatal: (error: unknown) => boolean
  /** Calls back when the partitions have to be shared out anew. Returns what ends it. */
  readonly onRegroup?: (listener: () => void) => () => void
  readonly close: () => void
  readonly monitor: Monitor
  readonly logger: Logger
  /** How long handlers may take to return after their claims were aborted, in ms. */
  readonly drainTimeoutMs: number
}

/** How long `stop` waits for the log itself, in ms. */
const LEAVE_TIMEOUT_MS = 2_000

/** Joins, runs a handler a partition, gives up, joins again: until it is stopped or fails. */
export function startConsumer(options: ConsumeOptions, parts: ConsumerParts): Consumer {
  const { member, monitor, logger } = parts
  const context = { group: options.group }
  const interrupt = createSignal()
  let stopping = false
  let interrupted = false
  let inRound = false

  /** From one rebalance to the next; rejects when the consumer cannot go on. */
  async function oneRound(): Promise<'rebalance' | 'lost'> {
    monitor.trouble('group', 'joining')
    const membership = await member.join()
    const { partitions } = membership
    const [commits, earliest] = await Promise.all([parts.commits(partitions), parts.earliest(partitions)])
    monitor.ok('group')
    if (stopping) return 'rebalance'
    logger.info({ ...context, partitions }, 'partitions claimed')
    interrupted = false
    let failure: { readonly error: unknown } | undefined
    let lost = false
    const endRound = () => {
      interrupted = true
      interrupt.notify()
    }
    const claims = partitions.map(partition =>
      startClaim(
        {
          partition,
          committed: commits.get(partition) ?? null,
          earliest: earliest.get(partition) ?? 0,
          run: options.run,
          openSource: offset => parts.openSource(partition, offset),
          commit: commit => membership.commit(partition, commit),
        },
        endRound,
      ),
    )
    for (const claim of claims) {
      void claim.outcome.then(outcome => {
        if (outcome.kind === 'lost') lost = true
        if (outcome.kind === 'threw') failure ??= { error: outcome.error }
        if (outcome.kind === 'returned' && !interrupted) {
          failure ??= { error: new Error(`the handler of partition ${claim.partition} returned before its claim had ended`) }
        }
        endRound()
      })
    }
    void membership.over.then(endRound)
    const stopListening = parts.onRegroup?.(endRound)
    inRound = true
    try {
      while (!interrupted && !stopping) await interrupt.wait()
      interrupted = true
      await drain(claims)
    } finally {
      stopListening?.()
      inRound = false
    }
    logger.info({ ...context, partitions }, 'partitions given up')
    if (failure) throw new HandlerFailed(failure.error)
    return lost ? 'lost' : 'rebalance'
  }

  /** No partition is claimed anew before its old handler has settled. */
  async function drain(claims: readonly RunningClaim[]): Promise<void> {
    for (const claim of claims) claim.abort()
    const drained = await settlesWithin(parts.drainTimeoutMs, Promise.all(claims.map(claim => claim.outcome)))
    if (!drained) throw new HandlerFailed(new Error(`a handler did not return within ${parts.drainTimeoutMs} ms after its claim had ended`))
  }

  async function work(): Promise<void> {
    const backoff = createBackoff()
    while (!stopping) {
      try {
        if ((await oneRound()) === 'rebalance') {
          backoff.reset()
          continue
        }
      } catch (error) {
        if (error instanceof HandlerFailed) throw error.cause
        if (parts.isFatal(error)) throw error
        monitor.trouble('group', error instanceof Error ? error.message : String(error))
        logger.debug({ ...context, err: error }, 'the group could not be joined')
      }
      if (!stopping) await interrupt.wait(backoff.next())
    }
  }

  async function leave(): Promise<void> {
    const leaving = member.leave().catch((error: unknown) => logger.debug({ ...context, err: error }, 'the group could not be left'))
    await settlesWithin(LEAVE_TIMEOUT_MS, leaving)
    parts.close()
  }

  let fail: (error: unknown) => void = () => {}
  let end: () => void = () => {}
  const failed = new Promise<void>((resolve, reject) => {
    end = resolve
    fail = reject
  })
  // A caller that does not await it reads `health`.
  failed.catch(() => {})

  const working = work().then(
    () => monitor.end('stopped'),
    async (error: unknown) => {
      monitor.end(error instanceof Error ? error.message : String(error))
      logger.warn({ ...context, err: error }, 'the consumer failed')
      await leave()
      fail(error)
    },
  )

  let stopped: Promise<void> | undefined
  async function stop(): Promise<void> {
    stopping = true
    interrupt.notify()
    // Handlers drain within bounds; a join may be held up by the other members.
    const settled = await settlesWithin(inRound ? parts.drainTimeoutMs + LEAVE_TIMEOUT_MS : LEAVE_TIMEOUT_MS, working)
    if (!settled) parts.close()
    await leave()
    await working
    end()
  }

  return {
    health: () => monitor.health(),
    failed,
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

class HandlerFailed extends Error {
  constructor(cause: unknown) {
    super('a handler failed', { cause })
    this.name = 'HandlerFailed'
  }
}
