import { setTimeout as sleep } from 'node:timers/promises'
import type { Warehouse } from '@northstar/clickhouse'
import type { EventLog, PartitionClaim } from '@northstar/event-log'
import type { GroupPosition, LogIncidents } from '@northstar/pipeline'
import type { Logger } from '@northstar/runtime'
import { fromCommit } from './announcement.ts'
import { readStoredPosition } from './stored-position.ts'

export interface StartDeps {
  readonly group: string
  readonly log: EventLog
  readonly warehouse: Warehouse
  readonly incidents: LogIncidents
  readonly logger: Logger
}

/** Maximum replication lag of the warehouse, ms. */
const REPLICA_LAG_MS = 30_000
const POLL_MS = 1_000
const NOTHING = { offset: 0, lastAt: 0, windowStart: 0 }

/**
 * Returns the position up to which a partition is stored, and the end of the range that may be in progress. Both the commit and the
 * warehouse have a position. The newer one is used, unless the warehouse has lost rows that were stored at the time of the commit.
 */
export async function findStart(claim: PartitionClaim, deps: StartDeps): Promise<{ stored: GroupPosition; to: number }> {
  const { log, warehouse, logger } = deps
  const incarnation = await log.incarnation()
  const announced = fromCommit(claim.committed)
  const deadline = performance.now() + REPLICA_LAG_MS
  for (;;) {
    const found = await readStoredPosition(warehouse, incarnation, claim.partition)
    if (announced?.position.log !== incarnation) {
      const stored = found ?? announced?.position ?? { ...NOTHING, log: incarnation }
      return { stored, to: stored.offset }
    }
    const { position, to } = announced
    const own = found?.log === incarnation ? found : { ...NOTHING, log: incarnation }
    if (own.lastAt > position.lastAt) return { stored: own, to: own.offset }
    if (own.lastAt === position.lastAt) return { stored: position, to }
    if (claim.signal.aborted || performance.now() >= deadline) {
      const lost = `it holds the records before offset ${own.offset}, where those before ${position.offset} were stored`
      const detail = `Partition ${claim.partition}: the warehouse has lost rows (${lost}). They are stored again from the log.`
      const finding = { kind: 'store_behind', partition: claim.partition, from: position.offset, to: own.offset, detail } as const
      logger.error({ group: deps.group, ...finding }, 'the warehouse has lost rows')
      await deps.incidents.record(deps.group, incarnation, finding)
      return { stored: own, to: own.offset }
    }
    await sleep(POLL_MS, undefined, { signal: claim.signal }).catch(() => {})
  }
}
