import { Cluster, Redis, type RedisOptions } from 'ioredis'

/** Long enough for a failover's first seconds, short enough for a caller to learn that nothing answers. */
const COMMAND_TIMEOUT_MS = 5_000

/**
 * Connects by URL: `redis://` and `rediss://` (TLS) name one server, `redis+cluster://[user:password@]host:port,…` some nodes of a
 * cluster. `?tls=1` speaks TLS to a cluster.
 * @throws RangeError when the URL is of none of these forms
 */
export function connectRedis(url: string): Redis | Cluster {
  const options: RedisOptions = {
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: null,
    retryStrategy: attempt => Math.min(50 * 2 ** attempt, 2_000),
  }
  if (/^rediss?:\/\//.test(url)) return new Redis(url, options)
  const match = /^redis\+cluster:\/\/(?:([^@/]*)@)?([^@/?]+)\/?(?:\?(.*))?$/.exec(url)
  const nodes = (match?.[2] ?? '').split(',').map(node => /^(.+):(\d{1,5})$/.exec(node.trim()))
  if (match === null || nodes.some(node => node === null)) {
    throw new RangeError('expected redis://…, rediss://… or redis+cluster://host:port,host:port')
  }
  const [username, password] = (match[1] ?? '').split(':').map(decodeURIComponent)
  const tls = new URLSearchParams(match[3]).get('tls') === '1'
  return new Cluster(
    nodes.map(node => ({ host: node?.[1] ?? '', port: Number(node?.[2]) })),
    {
      clusterRetryStrategy: attempt => Math.min(50 * 2 ** attempt, 2_000),
      redisOptions: { ...options, ...(username && { username }), ...(password && { password }), ...(tls && { tls: {} }) },
    },
  )
}
