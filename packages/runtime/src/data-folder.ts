import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { tryLock } from 'fs-native-extensions'

/** Another process has locked the data folder. */
export class DataFolderInUse extends Error {
  readonly code = 'data_folder_in_use'
  readonly retryable = false
  constructor(folder: string, processId: string) {
    const who = /^\d+$/.test(processId) ? `by process ${processId}` : 'by another process'
    super(`the data folder ${folder} is in use ${who}: stop it, or choose another folder with NORTHSTAR_DATA_DIR`)
    this.name = 'DataFolderInUse'
  }
}

/** Other users of the machine could read events, keys and tokens in the data folder. */
export class DataFolderExposed extends Error {
  readonly code = 'data_folder_exposed'
  readonly retryable = false
  constructor(folder: string) {
    super(`other users of this machine may enter the data folder ${folder}: run "chmod 700 ${folder}"`)
    this.name = 'DataFolderExposed'
  }
}

/** A restore into the data folder ended before all of the backup was there. */
export class DataFolderIncomplete extends Error {
  readonly code = 'data_folder_incomplete'
  readonly retryable = false
  constructor(folder: string) {
    super(`a restore into the data folder ${folder} was interrupted: run "northstar restore" again`)
    this.name = 'DataFolderIncomplete'
  }
}

/**
 * Creates a folder and those above it, for this user alone. Node's recursive mkdir never ends on a file system whose answer is that there is
 * no such folder, such as /proc.
 */
export function createFolder(folder: string): void {
  const path = resolve(folder)
  if (existsSync(path)) return
  createFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Another process may have created it.
    if (code === 'EEXIST') return
    const isUnfit = code === 'ENOENT' || code === 'ENOTDIR'
    throw isUnfit ? new Error(`the folder ${path} cannot be created there: choose another one`, { cause: 'usage' }) : error
  }
}

/** The lock's file in the data folder. It is not part of a backup. */
export const LOCK_FILE = 'lock'

/** A folder in the data folder with what is yet to be restored from a backup. */
export const RESTORE_FOLDER = 'restoring'

/**
 * Locks the data folder for this process; must be called before anything in it is opened. The operating system releases the lock when the
 * process ends, however it ends. Returns a function that releases it.
 * @throws {@link DataFolderInUse}, {@link DataFolderExposed}, and {@link DataFolderIncomplete} unless `toRestore`
 */
export function lockDataFolder(folder: string, { toRestore = false } = {}): () => void {
  createFolder(folder)
  if (process.platform !== 'win32' && (statSync(folder).mode & 0o077) !== 0) throw new DataFolderExposed(folder)
  const path = join(folder, LOCK_FILE)
  const file = openSync(path, 'a+')
  if (!tryLock(file)) {
    closeSync(file)
    throw new DataFolderInUse(folder, readFileSync(path, 'utf8').trim())
  }
  if (!toRestore && existsSync(join(folder, RESTORE_FOLDER))) {
    closeSync(file)
    throw new DataFolderIncomplete(folder)
  }
  ftruncateSync(file)
  writeSync(file, `${process.pid}\n`)
  return () => closeSync(file)
}
