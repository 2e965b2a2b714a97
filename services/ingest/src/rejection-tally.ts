import type { EventLog } from '@northstar/event-log'
import { encodeTally, type RejectionCode } from '@northstar/events'
import type { Logger } from '@northstar/runtime'
import { createPeriodicWrite, type PeriodicWrite } from './periodic-write.ts'

/** Counts rejected events and appends the counts to the log once a second, for the ledger. */
export interface RejectionTally extends PeriodicWrite {
  add(code: RejectionCode, count: number): void
}

const PUBLISH_MS = 1_000
const PARTITION = 0

export function createRejectionTally(deps: { readonly log: Pick<EventLog, 'append'>; readonly logger: Logger }): RejectionTally {
  const { log, logger } = deps
  let counts = new Map<string, number>()

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

  return {
    add(code, count) {
      counts.set(code, (counts.get(code) ?? 0) + count)
    },
    ...createPeriodicWrite(PUBLISH_MS, publish),
  }
}
