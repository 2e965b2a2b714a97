import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { createBackoff } from './async.ts'

const MAX_DELAY_MS = 5_000

/** The work was given up because its owner stopped or lost the right to it. */
export class GivenUp extends Error {
  readonly code = 'given_up'
  constructor(options?: ErrorOptions) {
    super('given up: no longer ours to do', options)
    this.name = 'GivenUp'
  }
}

/**
 * Repeats the work, with growing pauses, while its error may pass. Rejects with any other error at once, and with
 * {@link GivenUp} when the signal aborts between two tries.
 */
export async function retrying<T>(
  work: () => Promise<T>,
  mayPass: (error: unknown) => boolean,
  signal: AbortSignal,
  logger: Logger,
): Promise<T> {
  const backoff = createBackoff({ maxMs: MAX_DELAY_MS })
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!mayPass(error)) throw error
      const delayMs = backoff.next()
      logger.warn({ err: error, tries, delayMs: Math.round(delayMs) }, 'will try again')
      await sleep(delayMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) throw new GivenUp({ cause: error })
    }
  }
}
