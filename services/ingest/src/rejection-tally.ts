import type { EventLog } from '@northstar/event-log'
import { encodeTally, type RejectionCode } from '@northstar/events'
import type { Logger } from '@northstar/runtime'

/** Counts rejected events and appends the counts to the log once a second, for the ledger. */
export interface RejectionTally {
  add(code: RejectionCode, count: number): void
  start(): void
  /** Appends the remaining counts. */
  stop(): Promise<void>
}

const PUBLISH_MS = 1_000
const PARTITION = 0

export function createRejectionTally(deps: { readonly log: Pick<EventLog, 'append'>; readonly logger: Logger }): RejectionTally {
  const { log, logger } = deps
  let counts = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let publishing: Promise<void> = Promise.resolve()

  async function publish(): Promise<void> {
    if (counts.size === 0) return
    const appended = counts
    counts = new Map()
    try {
      await log.append([{ partition: PARTITION, ...encodeTally(Object.fromEntries(appended)) }])
    } catch (error) {
      for (const [code, n] of appended) counts.set(code, (counts.get(code) ?? 0) + n)
      logger.warn({ err: error }, 'cannot append the counts of rejected events; will retry')
    }
  }

  function publishNext(): Promise<void> {
    publishing = publishing.then(publish)
    return publishing
  }

  return {
    add(code, count) {
      counts.set(code, (counts.get(code) ?? 0) + count)
    },
    start() {
      timer = setInterval(() => void publishNext(), PUBLISH_MS).unref()
    },
    async stop() {
      clearInterval(timer)
      await publishNext()
    },
  }
}
