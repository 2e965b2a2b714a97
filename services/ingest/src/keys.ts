import { createHash, timingSafeEqual } from 'node:crypto'
import { CONFIGURED_KEY, createRefresher, type Logger, listWriteKeys, type StoredWriteKey } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { createQuota, type Quota } from './quota.ts'
import { createUserLimit, type UserLimit } from './user-limit.ts'

const REFRESH_MS = 15_000
/** Minimum time between two reads for unknown keys, which make a new key work at once. */
const MIN_REFRESH_MS = 1_000

/** An authenticated sender. */
export interface Sender {
  readonly id: string
  /** Whether its events are stored; otherwise they are only validated. */
  readonly stores: boolean
  /** Epoch ms. */
  readonly expiresAt: number
  readonly eventsPerSecond: number | undefined
  readonly usersPerDay: number | undefined
  readonly onViolation: StoredWriteKey['onViolation']
  readonly quota: Quota
  readonly users: UserLimit
}

export interface WriteKeys {
  /** The key's sender; null for an unknown or expired key. */
  authenticate(key: string): Promise<Sender | null>
  start(): Promise<void>
  stop(): void
}

interface KnownKey {
  readonly digest: Buffer
  readonly sender: Sender
}

const digestOf = (key: string): Buffer => createHash('sha256').update(key).digest()

/** The accepted keys: the one of the settings, and the stored ones, which are refreshed every few seconds. */
export function createWriteKeys(
  config: { readonly writeKey?: string },
  deps: { readonly state: StateStore; readonly now: () => number; readonly logger: Logger },
): WriteKeys {
  const { state, now, logger } = deps
  const usage = new Map<string, Pick<Sender, 'quota' | 'users'>>()
  const fixed = config.writeKey ? [known(digestOf(config.writeKey), { id: CONFIGURED_KEY, environment: 'production' })] : []
  let keys: readonly KnownKey[] = fixed
  let readAt = Number.NEGATIVE_INFINITY

  function known(
    digest: Buffer,
    key: Pick<StoredWriteKey, 'id' | 'environment' | 'expiresAt' | 'eventsPerSecond' | 'usersPerDay' | 'onViolation'>,
  ): KnownKey {
    const { id, environment, expiresAt = Number.POSITIVE_INFINITY, eventsPerSecond, usersPerDay, onViolation } = key
    const used = usage.get(id) ?? { quota: createQuota(now), users: createUserLimit(now) }
    usage.set(id, used)
    return { digest, sender: { id, stores: environment === 'production', expiresAt, eventsPerSecond, usersPerDay, onViolation, ...used } }
  }

  async function read(): Promise<void> {
    readAt = now()
    const stored = await listWriteKeys(state)
    keys = [...fixed, ...stored.map(key => known(Buffer.from(key.hash, 'hex'), key))]
  }

  const failure = 'cannot read the write keys; the previous ones stay in use'
  const refresher = createRefresher({ everyMs: REFRESH_MS, read, failure, logger })

  function find(digest: Buffer): Sender | null {
    let found: Sender | null = null
    // Compares every key in constant time, so that the response time reveals nothing about them.
    for (const key of keys) if (key.digest.length === digest.length && timingSafeEqual(key.digest, digest)) found = key.sender
    return found !== null && found.expiresAt > now() ? found : null
  }

  return {
    async authenticate(key) {
      const digest = digestOf(key)
      const sender = find(digest)
      if (sender !== null || Math.abs(now() - readAt) < MIN_REFRESH_MS) return sender
      await refresher.refresh()
      return find(digest)
    },
    async start() {
      await read()
      refresher.start()
    },
    stop: refresher.stop,
  }
}
