import { constants } from 'node:fs'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { iso } from '@northstar/catalogue'
import { type Settings, storeLocations } from '@northstar/runtime'
import type { Stores } from '../stores.ts'
import { MANIFEST, type Manifest } from './manifest.ts'

interface CopyDeps {
  readonly stores: { get<N extends keyof Stores>(name: N): Stores[N] }
  readonly settings: Settings
  readonly product: string
  readonly now: () => number
}

/** The store is on a server, whose own tools must back it up. */
export class NotEmbedded extends Error {
  readonly code = 'not_embedded'
  readonly retryable = false
  constructor(store: string) {
    super(`the ${store} is on a server: see "Backup and restore" in docs/operations.md for its commands`)
    this.name = 'NotEmbedded'
  }
}

/**
 * Copies a running installation into an empty folder. No position may be ahead of the log: the counters, which store their positions, are
 * copied before it. Warehouse and log are copied while no insert runs, since the log has the announcements of the warehouse's group: an
 * announced batch that the copy lacks is inserted after the restore, and one that it has is dropped by its token. The manifest is written
 * last, so a copy without it is incomplete.
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
  await Promise.all(['credentials.json', 'secret'].map(name => copyIfExists(join(settings.dataDir, name), join(folder, name))))
  await state.copyTo(target.state.folder)
  await counters.copyTo(target.counters.folder)
  await warehouse.copyTo(target.warehouse.folder, () => copyLog(target.log.folder))
  const manifest: Manifest = { format: 1, product, partitions: log.partitions, createdAt: iso(now()) }
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx' })
  return manifest
}

async function copyIfExists(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
