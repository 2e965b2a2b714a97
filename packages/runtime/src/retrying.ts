import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { createBackoff } from './async.ts'

const MAX_DELAY_MS = 5_000

/** The work was abandoned because its owner stopped or lost the right to it. */
export class Abandoned extends Error {
  readonly code = 'abandoned'
  constructor(options?: ErrorOptions) {
    super('abandoned: its owner stopped or lost the right to it', options)
    this.name = 'Abandoned'
  }
}

/**
 * Retries the work with growing pauses while its error is transient. Rejects with any other error at once, and with {@link Abandoned} if the
 * signal aborts between two attempts.
 */
export async function retrying<T>(
  work: () => Promise<T>,
  isTransient: (error: unknown) => boolean,
  signal: AbortSignal,
  logger: Logger,
  onFailure: (error: unknown) => void = () => {},
): Promise<T> {
  const backoff = createBackoff({ maxMs: MAX_DELAY_MS })
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!isTransient(error)) throw error
      onFailure(error)
      const delayMs = backoff.next()
      logger.warn({ err: error, tries, delayMs: Math.round(delayMs) }, 'will be retried')
      await sleep(delayMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) throw new Abandoned({ cause: error })
    }
  }
}
