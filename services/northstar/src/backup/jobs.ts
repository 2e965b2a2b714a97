import { readdir, readFile, rm } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { BackupStatus } from '@northstar/http-api'
import type { Logger } from '@northstar/runtime'
import { NotEmbedded } from './copy.ts'

export const REQUEST = 'request'

export interface BackupRequest {
  readonly folder: string
  /** The content of the file `request` in the folder, which proves that the caller may write there. */
  readonly proof: string
}

export interface BackupJobs {
  /** Starts a backup. Returns the reason of a refusal, or null. */
  start(request: BackupRequest): Promise<string | null>
  status(): BackupStatus
}

interface JobsDeps {
  /** Copies the installation into an empty folder. */
  readonly copy: (folder: string) => Promise<unknown>
  readonly logger: Logger
}

/** Runs the backups of this process, one at a time. */
export function createBackupJobs({ copy, logger }: JobsDeps): BackupJobs {
  let current: BackupStatus = { state: 'none', folder: null, reason: null }

  async function run(folder: string): Promise<void> {
    try {
      await rm(join(folder, REQUEST))
      await copy(folder)
      current = { state: 'done', folder, reason: null }
    } catch (error) {
      // Details are only logged; the caller gets a message that it can act on.
      logger.error({ err: error, folder }, 'the backup failed')
      const reason = error instanceof NotEmbedded ? error.message : `${(error as NodeJS.ErrnoException).code ?? 'an error'}; see the log`
      current = { state: 'failed', folder, reason }
    }
  }

  return {
    async start({ folder, proof }) {
      if (current.state === 'running') return `a backup into ${current.folder} is running`
      if (!(await isProved(folder, proof)))
        return 'the folder must contain one file, "request", with the proof, and be readable by the server'
      current = { state: 'running', folder, reason: null }
      void run(folder)
      return null
    },
    status: () => current,
  }
}

async function isProved(folder: string, proof: string): Promise<boolean> {
  if (!isAbsolute(folder)) return false
  try {
    const names = await readdir(folder)
    return names.length === 1 && names[0] === REQUEST && (await readFile(join(folder, REQUEST), 'utf8')) === proof
  } catch {
    return false
  }
}
