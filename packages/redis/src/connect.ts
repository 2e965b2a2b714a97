import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import { parseRedisUrl } from './redis-url.ts'

export type RedisClient = Redis | Cluster

export interface RedisConnectOptions {
  /** Lua scripts to add to the client as commands. */
  readonly scripts?: RedisOptions['scripts']
}

/** From 20 ms, doubling to at most a second. */
const retryStrategy = (attempt: number) => Math.min(10 * 2 ** Math.min(attempt, 7), 1_000)

/**
 * A client of one server or of a cluster, which reconnects for ever. Commands wait for the connection and are sent again after it broke, so they
 * must be repeatable, and callers must bound their waits. TLS trusts the certificate authorities of Node and of `NODE_EXTRA_CA_CERTS`.
 * @throws RangeError for a URL that {@link parseRedisUrl} refuses
 */
export function connectRedis(url: string, { scripts }: RedisConnectOptions = {}): RedisClient {
  const { nodes, cluster, tls, username, password, database } = parseRedisUrl(url)
  const options: RedisOptions = { maxRetriesPerRequest: null, retryStrategy, username, password, ...(tls && { tls: {} }) }
  const [node] = nodes
  const client = cluster
    ? new Cluster([...nodes], { clusterRetryStrategy: retryStrategy, scripts, redisOptions: options, ...(tls && KEEP_HOST_NAMES) })
    : new Redis({ ...options, ...node, db: database, scripts })
  // Without a listener the driver prints every failed attempt. Callers see failures of their own commands.
  client.on('error', () => {})
  return client
}

/** Keeps a cluster's host names instead of resolving them to addresses: certificates are for names. */
const KEEP_HOST_NAMES: ClusterOptions = { dnsLookup: (host, callback) => callback(null, host) }
