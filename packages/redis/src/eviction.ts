import type { RedisClient } from './connect.ts'

/**
 * A warning about the server's `maxmemory-policy`, or null. Documents and counters are stored nowhere else: a server that evicts loses them
 * silently, one with `noeviction` refuses writes when it is full.
 */
export async function evictionWarning(redis: RedisClient): Promise<string | null> {
  const nodes = 'nodes' in redis ? redis.nodes('master') : [redis]
  for (const node of nodes) {
    // Some hosted servers do not answer INFO.
    const memory = await node.info('memory').catch(() => '')
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1]
    if (policy !== undefined && policy !== 'noeviction')
      return `Redis may evict data that cannot be rebuilt: set maxmemory-policy to noeviction (it is ${policy})`
  }
  return null
}
