import { readdirSync, renameSync, rmSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { LOCK_FILE, lockDataFolder, RESTORE_FOLDER, readSettings, type Settings } from '@northstar/runtime'
import { Command } from 'commander'
import { type Checked, checkCopy } from '../backup/check.ts'
import { MANIFEST, type Manifest, readManifest } from '../backup/manifest.ts'
import { withCleanup } from '../cleanup.ts'
import { printAnswer } from '../print.ts'

export function restoreCommand(): Command {
  return new Command('restore')
    .description('Restores a backup into the data folder (NORTHSTAR_DATA_DIR), which must be absent or empty, and checks it.')
    .argument('<folder>', 'a folder written by "northstar backup"')
    .option('--json', 'print JSON')
    .action(async (path: string, options: { json?: boolean }) => {
      const settings = readSettings()
      const [folder, dataDir] = [resolve(path), resolve(settings.dataDir)]
      const manifest = await readManifest(folder)
      const release = lockDataFolder(dataDir, { toRestore: true })
      try {
        const names = readdirSync(dataDir).filter(name => name !== LOCK_FILE)
        if (names.length > 0 && !names.includes(RESTORE_FOLDER)) throw notEmpty(dataDir)
        clear(dataDir)
        const checked = await restore(folder, dataDir, manifest, settings)
        const text = `Restored ${manifest.product} as of ${manifest.createdAt} into ${dataDir}: ${checked.rows.toLocaleString('en-US')} rows. Start it with "northstar up".`
        printAnswer({ folder: dataDir, ...manifest, ...checked }, options.json, () => text)
      } finally {
        release()
      }
    })
}

/** Copies the backup into the data folder. If that fails or is interrupted, the data folder is empty again. */
function restore(folder: string, dataDir: string, manifest: Manifest, settings: Settings): Promise<Checked> {
  // In the data folder, which may be a mount, and separate until it is checked.
  const draft = join(dataDir, RESTORE_FOLDER)
  let restored = false
  return withCleanup(
    () => {
      if (!restored) clear(dataDir)
    },
    async () => {
      await mkdir(draft, { mode: 0o700 })
      await cp(folder, draft, { recursive: true, verbatimSymlinks: true, filter: source => source !== join(folder, MANIFEST) })
      const checked = await checkCopy(draft, manifest, settings)
      // No signal is handled meanwhile. Until the draft is removed, no other command opens the data folder.
      for (const name of readdirSync(draft)) renameSync(join(draft, name), join(dataDir, name))
      rmSync(draft, { recursive: true })
      restored = true
      return checked
    },
  )
}

/** Empties a data folder that was not restored completely. */
function clear(dataDir: string): void {
  const names = readdirSync(dataDir).filter(name => name !== LOCK_FILE && name !== RESTORE_FOLDER)
  // A copy that is under way may still add files.
  for (const name of [...names, RESTORE_FOLDER]) rmSync(join(dataDir, name), { recursive: true, force: true, maxRetries: 5 })
}

const notEmpty = (folder: string) =>
  Object.assign(new Error(`the data folder ${folder} is not empty: stop Northstar and move the folder`), { code: 'restore_refused' })
