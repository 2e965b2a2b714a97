import { createBackoff, createFailure, createSignal, messageOf, settlesWithin } from '@northstar/runtime/async'
import type { ConsumerParts } from './consumer-parts.ts'
import type { ConsumeOptions, Consumer } from './port.ts'
import { HandlerFailed, type Round, startRound } from './round.ts'

/** How long `stop` waits for the log, ms. */
const LEAVE_TIMEOUT_MS = 2_000

/** The consumer joins the group, runs a handler for each partition, gives up the partitions and joins again, until it is stopped or fails. */
export function startConsumer(options: ConsumeOptions, parts: ConsumerParts): Consumer {
  const { member, monitor, logger } = parts
  const context = { group: options.group }
  const wake = createSignal()
  const failure = createFailure()
  let round: Round | undefined
  let stopping = false
  let stopped: Promise<void> | undefined

  async function runRound(): Promise<'rebalance' | 'lost'> {
    monitor.problem('group', 'joining')
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

  async function runRounds(): Promise<void> {
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
        monitor.problem('group', messageOf(error))
        logger.debug({ ...context, err: error }, 'the group could not be joined')
      }
      if (!stopping) await wake.wait(backoff.next())
    }
  }

  const working = runRounds().then(
    () => monitor.end('stopped'),
    async (error: unknown) => {
      monitor.end(messageOf(error))
      logger.warn({ ...context, err: error }, 'the consumer failed')
      await leaveGroup(parts, options.group)
      failure.fail(error)
    },
  )

  async function stop(): Promise<void> {
    stopping = true
    // Handlers may take `drainTimeoutMs` to finish. A join may wait for the other members for longer, so it is not awaited.
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
