import { type Client, type ClientConfig, createClientOn, type Plan, type Platform } from '../client.ts'
import { createMemorySession, type SessionStore } from '../session.ts'
import { createMemorySpool } from '../spool.ts'
import type { BrowserScope, KeyValueStore } from './scope.ts'
import { createStorageSpool } from './storage-spool.ts'

export type { Client, ClientConfig, Plan, SentEvent, Status, Value } from '../client.ts'
export { scrub, scrubStack } from '../scrub.ts'
export type { Refused } from '../send.ts'

const SPOOL_BYTES = 1024 * 1024

/** Creates a client for pages and other runtimes that have `fetch` but no files. It never throws. */
export function createClient<P extends Plan<P>>(config: ClientConfig<P>): Client<P> {
  const scope = globalThis as unknown as BrowserScope
  const local = storageOf(() => scope.localStorage)
  const prefix = `northstar.${config.app}.`
  const { maxSpoolBytes = SPOOL_BYTES } = config
  const now = Date.now
  const uuid = () => randomUuid(scope.crypto)
  const platform: Platform = {
    spool: local ? createStorageSpool(local, `${prefix}spool.`, maxSpoolBytes, { now, uuid }) : createMemorySpool(maxSpoolBytes),
    profiles: {
      read: () => readJson(local, `${prefix}profile`),
      create: profile => (writeJson(local, `${prefix}profile`, profile) ? profile : null),
      write: profile => writeJson(local, `${prefix}profile`, profile),
      isLasting: local !== undefined,
    },
    sessions: createSessionStorage(
      storageOf(() => scope.sessionStorage),
      `${prefix}session`,
    ),
    fetch: (...args) => fetch(...args),
    now,
    uuid,
    doNotTrack: () => scope.navigator?.doNotTrack === '1' || scope.navigator?.globalPrivacyControl === true,
    // biome-ignore lint/suspicious/noConsole: a page without its own banner has no better place
    showNotice: text => console.info(text),
    onCrash(listener) {
      scope.addEventListener?.('error', ({ error }) => error instanceof Error && listener(error))
      scope.addEventListener?.('unhandledrejection', ({ reason }) => reason instanceof Error && listener(reason))
    },
    onEnd: () => {},
    detach: () => false,
  }
  const client = createClientOn(config, platform)
  // A hidden page may never be shown again, so its events are sent. The client stays open, since the page may also be shown again.
  scope.document?.addEventListener('visibilitychange', () => {
    if (scope.document?.visibilityState === 'hidden') void client.flush()
  })
  return client
}

/** Returns an id for a user that does not contain the user's name: SHA-256 of both names. Rejects on a page that was not loaded over TLS. */
export async function hashUserId(app: string, user: string): Promise<string> {
  const { crypto } = globalThis as unknown as BrowserScope
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${app}\n${user}`))
  return hex(new Uint8Array(digest))
}

/** Pages that were not loaded over TLS have no `randomUUID`. */
function randomUuid(crypto: BrowserScope['crypto']): string {
  if (crypto.randomUUID) return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

const hex = (bytes: Uint8Array) => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')

/** Returns undefined if the browser forbids its storage, which throws. */
function storageOf(read: () => KeyValueStore | undefined): KeyValueStore | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function createSessionStorage(storage: KeyValueStore | undefined, key: string): SessionStore {
  if (!storage) return createMemorySession()
  return { read: () => readJson(storage, key), write: session => void writeJson(storage, key, session) }
}

function readJson<T>(storage: KeyValueStore | undefined, key: string): T | null {
  try {
    return JSON.parse(storage?.getItem(key) ?? 'null') as T | null
  } catch {
    return null
  }
}

function writeJson(storage: KeyValueStore | undefined, key: string, value: unknown): boolean {
  try {
    storage?.setItem(key, JSON.stringify(value))
    return storage !== undefined
  } catch {
    return false
  }
}
