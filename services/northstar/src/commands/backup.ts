import { randomBytes } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BackupStatus } from '@northstar/http-api'
import { createFolder, readSettings, type Settings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { checkCopy } from '../backup/check.ts'
import { REQUEST } from '../backup/jobs.ts'
import { readManifest } from '../backup/manifest.ts'
import { withCleanup } from '../cleanup.ts'
import { printAnswer, warn } from '../print.ts'

const POLL_MS = 200

export function backupCommand(): Command {
  return new Command('backup')
    .description('Copies a running embedded installation into a new folder on the same machine, and checks the copy.')
    .argument('<folder>', 'a new or empty folder')
    .option('--json', 'print JSON')
    .action(async (path: string, options: { json?: boolean }) => {
      const settings = readSettings()
      const folder = resolve(path)
      createFolder(folder)
      if ((await readdir(folder)).length > 0)
        throw failure(`${folder} is not empty: use another folder, or delete this one if a backup into it was interrupted`)
      const { manifest, checked } = await withCleanup(
        signal => signal && warn(`northstar: interrupted: the copy in ${folder} is not checked. Delete it before the next backup into it`),
        () => copyAndCheck(folder, settings),
      )
      const count = (n: number) => n.toLocaleString('en-US')
      printAnswer(
        { folder, ...manifest, ...checked },
        options.json,
        () =>
          `Backed up ${manifest.product} to ${folder} and checked the copy: ${count(checked.rows)} rows, ${count(checked.records)} log records.`,
      )
    })
}

async function copyAndCheck(folder: string, settings: Settings) {
  await requestCopy(folder, settings)
  const manifest = await readManifest(folder)
  return { manifest, checked: await checkCopy(folder, manifest, settings) }
}

async function requestCopy(folder: string, settings: Settings): Promise<void> {
  const proof = randomBytes(32).toString('base64url')
  const request = join(folder, REQUEST)
  await writeFile(request, proof, { mode: 0o600, flag: 'wx' })
  try {
    await callApi(settings, '/v1/backup', { method: 'POST', body: { folder, proof } })
  } catch (error) {
    await rm(request, { force: true })
    throw error
  }
  for (;;) {
    const status = await callApi<BackupStatus>(settings, '/v1/backup')
    if (status.folder !== folder) throw failure('the server was restarted during the backup: the copy is incomplete')
    if (status.state === 'failed') throw failure(`the backup failed: ${status.reason}`)
    if (status.state === 'done') return
    await sleep(POLL_MS)
  }
}

const failure = (message: string) => Object.assign(new Error(message), { code: 'backup_failed' })
