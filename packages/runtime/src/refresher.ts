import type { Logger } from 'pino'

/** Reads something of a store at an interval and on request. While the store does not answer, the last known state stays in use. */
export interface Refresher {
  /** Reads now; a call during a read joins it. Never rejects. */
  refresh(): Promise<void>
  /** Begins to read at the interval. */
  start(): void
  stop(): void
}

export interface RefresherConfig {
  readonly everyMs: number
  readonly read: () => Promise<void>
  /** The message of a failed read in the log. A store that stays unavailable is logged once. */
  readonly failure: string
  readonly logger: Logger
}

export function createRefresher({ everyMs, read, failure, logger }: RefresherConfig): Refresher {
  let timer: NodeJS.Timeout | undefined
  let reading: Promise<void> | undefined
  let failing = false

  async function attempt(): Promise<void> {
    try {
      await read()
      failing = false
    } catch (error) {
      if (!failing) logger.warn({ err: error }, failure)
      failing = true
    } finally {
      reading = undefined
    }
  }

  const refresh = () => (reading ??= attempt())
  return {
    refresh,
    start() {
      timer = setInterval(() => void refresh(), everyMs).unref()
    },
    stop: () => clearInterval(timer),
  }
}
