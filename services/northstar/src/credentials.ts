import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFolder, type Settings } from '@northstar/runtime'
import { z } from 'zod'

export interface Credentials {
  readonly writeKey: string
  readonly adminToken: string
}

/** @throws Error for a text that no HTTP header can carry, such as one with an ellipsis that was copied from a document */
export function checkToken(token: string, source: string): string {
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new Error(`${source} has a space or a character that keys and tokens never have: copy it again, without quotes or "…"`, {
      cause: 'usage',
    })
  return token
}

const fileSchema = z.object({ writeKey: z.string().min(16), adminToken: z.string().min(16) })

const fileOf = (dataDir: string) => join(dataDir, 'credentials.json')

/** Write key and admin token from the settings, else from the file in the data folder, which only its owner may read. */
export function readCredentials(settings: Settings): Partial<Credentials> {
  const stored = readFile(settings.dataDir)
  return { writeKey: settings.writeKey ?? stored?.writeKey, adminToken: settings.adminToken ?? stored?.adminToken }
}

/** Write key and admin token, created and stored at the first start. */
export function ensureCredentials(settings: Settings): Credentials {
  const stored = readFile(settings.dataDir) ?? createFile(settings.dataDir)
  return { writeKey: settings.writeKey ?? stored.writeKey, adminToken: settings.adminToken ?? stored.adminToken }
}

export function createCredentials(): Credentials {
  return { writeKey: `nsw_${randomBytes(24).toString('hex')}`, adminToken: `nsa_${randomBytes(24).toString('base64url')}` }
}

function createFile(dataDir: string): Credentials {
  const created = createCredentials()
  createFolder(dataDir)
  writeFileSync(fileOf(dataDir), `${JSON.stringify(created, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  return created
}

function readFile(dataDir: string): Credentials | null {
  let text: string
  try {
    text = readFileSync(fileOf(dataDir), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const parsed = fileSchema.safeParse(jsonOf(text))
  if (!parsed.success) throw new Error(`${fileOf(dataDir)} is damaged: delete it to create new credentials`, { cause: parsed.error })
  return parsed.data
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
