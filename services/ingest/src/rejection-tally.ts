import type { EventLog } from '@northstar/event-log'
import { encodeTally, type RejectionCode } from '@northstar/events'
import type { Logger } from '@northstar/runtime'

/** Counts refused events and tells the log once in a while, so that the ledger knows of them. */
export interface RejectionTally {
  add(code: RejectionCode): void
  start(): void
  /** Tells what is left. */
  stop(): Promise<void>
}

const PUBLISH_MS = 1_000
const PARTITION = 0

export function createRejectionTally(deps: { readonly log: EventLog; readonly logger: Logger }): RejectionTally {
  const { log, logger } = deps
  let counts = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let publishing: Promise<void> = Promise.resolve()

  async function publish(): Promise<void> {
    if (counts.size === 0) return
    const told = counts
    counts = new Map()
    try {
      await log.append([{ partition: PARTITION, ...encodeTally(Object.fromEntries(told)) }])
    } catch (error) {
      for (const [code, n] of told) counts.set(code, (counts.get(code) ?? 0) + n)
      logger.warn({ err: error }, 'cannot tell the log how many events were refused: will try again')
    }
  }

  function publishNext(): Promise<void> {
    publishing = publishing.then(publish)
    return publishing
  }

  return {
    add(code) {
      counts.set(code, (counts.get(code) ?? 0) + 1)
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
