import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { LOCK_FILE, lockDataFolder, readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { checkCopy } from '../backup/check.ts'
import { MANIFEST, readManifest } from '../backup/manifest.ts'
import { printAnswer } from '../print.ts'

const DRAFT = 'restoring'

export function restoreCommand(): Command {
  return new Command('restore')
    .description('Restores a backup into the data folder (NORTHSTAR_DATA_DIR), which must be absent or empty, and checks it.')
    .argument('<folder>', 'a folder written by "northstar backup"')
    .option('--json', 'print JSON')
    .action(async (path: string, options: { json?: boolean }) => {
      const settings = readSettings()
      const [folder, dataDir] = [resolve(path), resolve(settings.dataDir)]
      const manifest = await readManifest(folder)
      const release = lockDataFolder(dataDir)
      // In the data folder, which may be a mount, and separate until it is checked.
      const draft = join(dataDir, DRAFT)
      try {
        if ((await readdir(dataDir)).some(name => name !== LOCK_FILE)) throw notEmpty(dataDir)
        await mkdir(draft, { mode: 0o700 })
        await cp(folder, draft, { recursive: true, verbatimSymlinks: true, filter: source => source !== join(folder, MANIFEST) })
        const checked = await checkCopy(draft, manifest, settings)
        for (const name of await readdir(draft)) await rename(join(draft, name), join(dataDir, name))
        const text = `Restored ${manifest.product} as of ${manifest.createdAt} into ${dataDir}: ${checked.rows.toLocaleString('en-US')} rows. Start it with "northstar up".`
        printAnswer({ folder: dataDir, ...manifest, ...checked }, options.json, () => text)
      } finally {
        await rm(draft, { recursive: true, force: true })
        release()
      }
    })
}

const notEmpty = (folder: string) =>
  Object.assign(new Error(`the data folder ${folder} is not empty: stop Northstar and move the folder`), { code: 'restore_refused' })
