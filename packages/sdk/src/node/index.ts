import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Client, type ClientConfig, createClientOn, type Plan, type Platform } from '../client.ts'
import { isSet, type Profile, type ProfileStore } from '../consent.ts'
import { createMemorySession } from '../session.ts'
import { createMemorySpool, type Spool, type SpoolLock } from '../spool.ts'
import { createFileSpool } from './file-spool.ts'
import type { SenderJob } from './sender.ts'

export type { Client, ClientConfig, Plan, SentEvent, Status, Value } from '../client.ts'
export { scrub, scrubStack } from '../scrub.ts'
export type { Refused } from '../send.ts'

export interface NodeConfig<P extends Plan<P>> extends ClientConfig<P> {
  /** The folder for waiting events and the user's decision. Default: the app's folder in the user's state folder. */
  readonly folder?: string | undefined
  /** Whether the remaining events are sent by a separate process at the end; otherwise at the next start. Default: true in Node. */
  readonly detached?: boolean | undefined
  /** Replaces the clock, for tests. */
  readonly now?: (() => number) | undefined
}

const SPOOL_BYTES = 5 * 1024 * 1024

/** Creates a client for programs in Node, Deno or Bun. It never throws. If the decision cannot be written, nothing is sent. */
export function createClient<P extends Plan<P>>(config: NodeConfig<P>): Client<P> {
  const { now = Date.now, maxSpoolBytes = SPOOL_BYTES } = config
  const folder = config.folder ?? defaultFolder(config.app)
  const profiles = createProfileFile(folder)
  const spool = createSpool(folder, maxSpoolBytes)
  const platform: Platform = {
    spool,
    profiles,
    sessions: createMemorySession(),
    fetch: (...args) => fetch(...args),
    now,
    uuid: randomUUID,
    doNotTrack: () => isSet(process.env.DO_NOT_TRACK),
    showNotice: text => process.stderr.write(text),
    // The monitor does not handle the error, which still ends the program.
    onCrash: listener => {
      process.on('uncaughtExceptionMonitor', error => listener(error))
    },
    onEnd: listener => {
      process.on('exit', listener)
    },
    detach: lock =>
      (config.detached ?? isPlainNode()) &&
      startSender(lock, {
        folder,
        maxSpoolBytes,
        url: config.url,
        writeKey: config.writeKey,
        clockMs: now() - Date.now(),
        parent: process.pid,
      }),
  }
  return createClientOn(config, platform)
}

/** Returns an id for a user that does not contain the user's name: SHA-256 of both names. It is the same on all of the user's machines. */
export async function hashUserId(app: string, user: string): Promise<string> {
  return createHash('sha256').update(`${app}\n${user}`).digest('hex')
}

function defaultFolder(app: string): string {
  const { XDG_STATE_HOME, LOCALAPPDATA } = process.env
  return join(XDG_STATE_HOME || LOCALAPPDATA || join(homedir(), '.local', 'state'), app, 'telemetry')
}

function createSpool(folder: string, maxBytes: number): Spool {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return createFileSpool(folder, maxBytes)
  } catch {
    return createMemorySpool(maxBytes)
  }
}

function createProfileFile(folder: string): ProfileStore {
  const path = join(folder, 'profile.json')
  const read = (): Profile | null => {
    try {
      const { user, enabled } = JSON.parse(readFileSync(path, 'utf8')) as Profile
      return typeof user === 'string' && typeof enabled === 'boolean' ? { user, enabled } : null
    } catch {
      return null
    }
  }
  /** Writes the profile to a draft, which `place` moves to its path, so that readers never see half a profile. */
  const write = (profile: Profile, place: (draft: string) => void): boolean => {
    const draft = `${path}.${randomUUID()}`
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      writeFileSync(draft, JSON.stringify(profile), { mode: 0o600 })
      place(draft)
      return true
    } catch {
      return false
    } finally {
      try {
        rmSync(draft, { force: true })
      } catch {}
    }
  }
  return {
    read,
    // If several programs start for the first time at once, only one of them can create the link.
    create: profile => (write(profile, draft => linkSync(draft, path)) ? profile : read()),
    write: profile => write(profile, draft => renameSync(draft, path)),
    isLasting: true,
  }
}

const SENDER = fileURLToPath(new URL('./sender.js', import.meta.url))

/** Whether the executable is Node. Otherwise it may be the program itself, which must not start again. */
function isPlainNode(): boolean {
  const other = 'Deno' in globalThis || 'Bun' in globalThis
  return !other && /^node(?:js)?(?:\.exe)?$/i.test(basename(process.execPath)) && existsSync(SENDER)
}

function startSender(lock: SpoolLock, job: SenderJob): boolean {
  try {
    // The job is passed in the environment, since other users of the machine can read arguments.
    const env = { ...process.env, NORTHSTAR_SENDER: JSON.stringify(job) }
    const child = spawn(process.execPath, [SENDER], { detached: true, stdio: 'ignore', windowsHide: true, env })
    child.on('error', () => {})
    child.unref()
    if (child.pid === undefined) return false
    lock.handTo(child.pid)
    return true
  } catch {
    return false
  }
}
