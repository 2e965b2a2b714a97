import { createLogger, type Settings, storeLocations } from '@northstar/runtime'
import { ALL_ROLES, storesOf } from '../roles.ts'
import { openStores, type Stores } from '../stores.ts'
import type { Manifest } from './manifest.ts'

const READ_TIMEOUT_MS = 30 * 60_000

export interface Checked {
  /** Number of records in the copied log. */
  readonly records: number
  /** Number of rows in the copied warehouse. Each was read. */
  readonly rows: number
}

class BackupInvalid extends Error {
  readonly code = 'backup_invalid'
  readonly retryable = true
  constructor(reason: string, options?: ErrorOptions) {
    super(`the backup is not usable: ${reason}`, options)
    this.name = 'BackupInvalid'
  }
}

/**
 * Opens a copied installation, reads all rows, and compares every position with the log. Must run in a process without an open warehouse,
 * since the engine opens one folder per process.
 * @throws BackupInvalid
 */
export async function checkCopy(folder: string, { product, partitions }: Manifest, settings: Settings): Promise<Checked> {
  const embedded = { ...settings, dataDir: folder, partitions, kafka: undefined, redisUrl: undefined, clickhouseUrl: undefined }
  const stores = await openStores(storesOf(ALL_ROLES), {
    locations: storeLocations(embedded, product),
    logger: createLogger('warn', 'check'),
    now: Date.now,
    clientId: 'northstar-backup',
  }).catch((error: unknown) => {
    throw new BackupInvalid('it cannot be opened', { cause: error })
  })
  try {
    await stores.get('state').list('')
    const records = await comparePositions(stores.get('log'), stores.get('counters'))
    const sql = 'SELECT count() AS rows, groupBitXor(cityHash64(*)) AS hash FROM events'
    const [found] = await stores.get('warehouse').query<{ rows: number }>(sql, { timeoutMs: READ_TIMEOUT_MS })
    return { records, rows: Number(found?.rows ?? 0) }
  } finally {
    for (const component of stores.components.toReversed()) await component.stop()
  }
}

async function comparePositions(log: Stores['log'], counters: Stores['counters']): Promise<number> {
  const [bounds, commits, incarnation] = await Promise.all([log.bounds(), log.commits('warehouse'), log.incarnation()])
  let records = 0
  for (const { partition, earliest, next } of bounds) {
    records += next - earliest
    const counted = await counters.position(partition)
    if (counted && counted.log !== incarnation) throw new BackupInvalid(`the counters of partition ${partition} belong to another log`)
    for (const [group, offset] of [
      ['counters', counted?.offset],
      ['warehouse', commits.get(partition)?.offset],
    ] as const) {
      if (offset === undefined || (earliest <= offset && offset <= next)) continue
      throw new BackupInvalid(
        `the position of the group ${group} in partition ${partition} is ${offset}, but the log has ${earliest} to ${next}`,
      )
    }
  }
  return records
}
