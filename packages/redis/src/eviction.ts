import type { RedisClient } from './connect.ts'

/**
 * The problem of the server's `maxmemory-policy`, or null. Documents and counters are kept nowhere else, so a server that evicts
 * loses them in silence; one that refuses writes when it is full does not.
 */
export async function evictionWarning(redis: RedisClient): Promise<string | null> {
  const nodes = 'nodes' in redis ? redis.nodes('master') : [redis]
  for (const node of nodes) {
    // Some hosted servers do not answer INFO.
    const memory = await node.info('memory').catch(() => '')
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1]
    if (policy !== undefined && policy !== 'noeviction')
      return `Redis may evict what cannot be rebuilt: set maxmemory-policy to noeviction (it is ${policy})`
  }
  return null
}
