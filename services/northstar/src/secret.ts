import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFolder, type Settings } from '@northstar/runtime'

const LENGTH = 32

/**
 * The installation's secret: `NORTHSTAR_SECRET`, else created once in the data folder, which only its owner may read.
 * @param isShared whether other processes use the same servers and therefore need the same secret
 * @throws Error with the code `secret_missing` or `secret_damaged`
 */
export function ensureSecret(settings: Settings, isShared: boolean): Uint8Array {
  if (settings.secret !== undefined) return Buffer.from(settings.secret, 'utf8')
  if (isShared) {
    const message = 'NORTHSTAR_SECRET is missing: processes that share servers need the same secret, of at least 32 characters'
    throw Object.assign(new Error(message), { code: 'secret_missing' })
  }
  const path = join(settings.dataDir, 'secret')
  try {
    createFolder(settings.dataDir)
    writeFileSync(path, `${randomBytes(LENGTH).toString('base64')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const secret = Buffer.from(readFileSync(path, 'utf8'), 'base64')
  if (secret.length !== LENGTH) {
    const message = `${path} is damaged: restore it from a backup, or every user becomes a new one`
    throw Object.assign(new Error(message), { code: 'secret_damaged' })
  }
  return secret
}
