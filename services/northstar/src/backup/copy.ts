import { constants } from 'node:fs'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Settings, storeLocations } from '@northstar/runtime'
import type { Stores } from '../stores.ts'
import { MANIFEST, type Manifest } from './manifest.ts'

interface CopyDeps {
  readonly stores: { get<N extends keyof Stores>(name: N): Stores[N] }
  readonly settings: Settings
  readonly product: string
  readonly now: () => number
}

/** A server keeps this store: its own tools make its backups. */
export class NotEmbedded extends Error {
  readonly code = 'not_embedded'
  readonly retryable = false
  constructor(store: string) {
    super(`the ${store} is a server's: docs/operations.md ("Backup and restore") has the commands for servers`)
    this.name = 'NotEmbedded'
  }
}

/**
 * Copies a running installation into an empty folder. No position may lie ahead of what it refers to: the counters, which hold their own
 * positions, are copied before the log, which they go on from. Warehouse and log are copied while no insert runs, since the log holds what
 * the warehouse's group has announced: an announced batch that the copy lacks is inserted after the restore, and one that it has is
 * dropped by its token. The manifest comes last, so that a copy without it is not complete.
 */
export async function copyInstallation(folder: string, deps: CopyDeps): Promise<Manifest> {
  const { stores, settings, product, now } = deps
  const [state, counters, warehouse, log] = [stores.get('state'), stores.get('counters'), stores.get('warehouse'), stores.get('log')]
  if (!state.copyTo) throw new NotEmbedded('state')
  if (!counters.copyTo) throw new NotEmbedded('live counters')
  if (!warehouse.copyTo) throw new NotEmbedded('warehouse')
  const copyLog = log.copyTo
  if (!copyLog) throw new NotEmbedded('event log')

  const target = storeLocations({ ...settings, dataDir: folder }, product)
  await Promise.all(['credentials.json', 'secret'].map(name => copyIfThere(join(settings.dataDir, name), join(folder, name))))
  await state.copyTo(target.state.folder)
  await counters.copyTo(target.counters.folder)
  await warehouse.copyTo(target.warehouse.folder, () => copyLog(target.log.folder))
  const manifest: Manifest = { format: 1, product, partitions: log.partitions, createdAt: new Date(now()).toISOString() }
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx' })
  return manifest
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
