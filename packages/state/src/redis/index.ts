import { randomUUID } from 'node:crypto'
import { connectRedis, evictionWarning, fullReason } from '@northstar/redis'
import { messageOf, withTimeout } from '@northstar/runtime/async'
import { assertKey, type Document, isKey, type Lease, type PutOptions, StateConflict, type StateStore, StateUnavailable } from '../port.ts'
import { ACQUIRE, DELETE, LIST, PUT, RENEW, WRITE } from './scripts.ts'

export interface RedisStateConfig {
  /** `redis://`, `rediss://` or `redis+cluster://host:port,…`. */
  readonly url: string
  /** Separates the state of several products in one Redis. */
  readonly product: string
  /** How long a call waits for Redis before it rejects with StateUnavailable. Default 5,000 ms. */
  readonly timeoutMs?: number
  /** Called once for each fault of the server's configuration. */
  readonly onWarning?: (message: string) => void
}

/** Covers the first seconds of a failover, and lets callers notice soon that Redis does not answer. */
const COMMAND_TIMEOUT_MS = 5_000
const HEALTH_TIMEOUT_MS = 1_000

/** Keys have no character above `~`, so this ends every range that begins with a prefix. */
const RANGE_END = '\x7f'

/**
 * Connects to the state in Redis. A write is as durable as Redis is configured to be: with `appendfsync always` it is on disk when
 * `put` resolves, with the usual `everysec` within a second.
 */
export function connectRedisState(config: RedisStateConfig): StateStore {
  const { timeoutMs = COMMAND_TIMEOUT_MS } = config
  const { redis, health, reason } = connect(config)
  const tag = `{northstar:${config.product}:state}`
  const keys = [`${tag}:documents`, `${tag}:index`, `${tag}:leases`, `${tag}:sequence`]

  async function bounded<T>(command: Promise<T>): Promise<T> {
    try {
      return await withTimeout(timeoutMs, command, () => new Error(`Redis did not answer within ${timeoutMs} ms${reason()}`))
    } catch (error) {
      throw unavailable(error)
    }
  }
  const run = (script: string, args: readonly (string | number)[]) => bounded(redis.eval(script, keys.length, ...keys, ...args))

  function optionsOf({ ifVersion, lease }: PutOptions): readonly (string | number)[] {
    return [ifVersion ?? '', lease?.name ?? '', lease?.token ?? '']
  }

  function leaseOf(name: string, token: number, ttlMs: number): Lease {
    return {
      token,
      renew: async () => (await run(RENEW, [name, token, ttlMs])) === 1,
      release: async () => {
        await run(RENEW, [name, token, 0])
      },
    }
  }

  return {
    async get<T>(key: string) {
      if (!isKey(key)) return null
      const stored = await bounded(redis.hget(keys[0] ?? '', key))
      return stored === null ? null : parse<T>(key, stored)
    },
    async list<T>(prefix: string) {
      const flat = (await run(LIST, [prefix, prefix + RANGE_END])) as readonly string[]
      const found: Document<T>[] = []
      for (let i = 0; i + 1 < flat.length; i += 2) found.push(parse<T>(flat[i] ?? '', flat[i + 1] ?? ''))
      return found
    },
    async put(key, value, options = {}) {
      assertKey(key)
      const version = await run(PUT, [key, ...optionsOf(options), randomUUID(), JSON.stringify(value)])
      if (version === 0) throw new StateConflict(key)
      return Number(version)
    },
    async delete(key, options = {}) {
      assertKey(key)
      if ((await run(DELETE, [key, ...optionsOf(options)])) === 0) throw new StateConflict(key)
    },
    async write(changes, { lease } = {}) {
      for (const { key } of changes) assertKey(key)
      const puts = changes.flatMap(({ key, value }) => (value === undefined ? [] : [key, JSON.stringify(value)]))
      const deletions = changes.filter(({ value }) => value === undefined).map(({ key }) => key)
      const args = [lease?.name ?? '', lease?.token ?? '', randomUUID(), JSON.stringify(puts), JSON.stringify(deletions)]
      if ((await run(WRITE, args)) === 0) throw new StateConflict(lease?.name ?? '')
    },
    async acquire(name, holder, ttlMs) {
      assertKey(name)
      const token = Number(await run(ACQUIRE, [name, holder, ttlMs, randomUUID()]))
      return token === 0 ? null : leaseOf(name, token, ttlMs)
    },
    health,
    async close() {
      // `quit` would wait for a server that may be down.
      redis.disconnect()
    },
  }
}

/** Connects, and reports the connection's health: the last error, or a fault of the server's configuration. `reason` is the end of a sentence. */
function connect({ url, onWarning }: RedisStateConfig) {
  const redis = connectRedis(url)
  let lastError: Error | null = null
  let warning: string | null = null
  const reason = () => (lastError ? `: ${lastError.message}` : '')
  redis.on('error', error => {
    lastError = error as Error
  })
  redis.on('ready', () => {
    lastError = null
    void evictionWarning(redis).then(found => {
      if (found !== null && found !== warning) onWarning?.(found)
      warning = found
    })
  })
  const health: StateStore['health'] = async () => {
    const full =
      redis.status === 'ready' ? await withTimeout(HEALTH_TIMEOUT_MS, fullReason(redis), () => new Error()).catch(() => null) : null
    if (full !== null) return { healthy: false, blocking: false, reason: full }
    if (redis.status === 'ready') return { healthy: true, reason: warning === null ? 'connected' : `connected, but ${warning}` }
    return { healthy: false, reason: `Redis is ${redis.status}${reason()}` }
  }
  return { redis, health, reason }
}

function unavailable(error: unknown): StateUnavailable {
  return new StateUnavailable(messageOf(error), { cause: error })
}

function parse<T>(key: string, stored: string): Document<T> {
  const first = stored.indexOf(' ')
  const second = stored.indexOf(' ', first + 1)
  return { key, version: Number(stored.slice(0, first)), value: JSON.parse(stored.slice(second + 1)) as T }
}
