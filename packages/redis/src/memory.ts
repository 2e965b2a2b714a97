import type { RedisClient } from './connect.ts'

/**
 * A warning about the server's `maxmemory-policy`, or null. Documents and counters are stored nowhere else: a server that evicts loses them
 * silently, one with `noeviction` refuses writes when it is full.
 */
export async function evictionWarning(redis: RedisClient): Promise<string | null> {
  for (const memory of await memoryOfNodes(redis)) {
    const policy = memory('maxmemory_policy')
    if (policy !== undefined && policy !== 'noeviction')
      return `Redis may evict data that cannot be rebuilt: set maxmemory-policy to noeviction (it is ${policy})`
  }
  return null
}

/** The reason that the server refuses writes for lack of memory, or null. Reads go on. */
export async function fullReason(redis: RedisClient): Promise<string | null> {
  for (const memory of await memoryOfNodes(redis)) {
    const [used, most] = [Number(memory('used_memory')), Number(memory('maxmemory'))]
    if (most > 0 && used > most && memory('maxmemory_policy') === 'noeviction')
      return `Redis is full and refuses writes: raise maxmemory (${mebibytes(most)}, used ${mebibytes(used)})`
  }
  return null
}

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 1_048_576)} MiB`

/** A reader of each master's `INFO memory`. Some hosted servers do not answer it, or not with every field. */
function memoryOfNodes(redis: RedisClient): Promise<readonly ((field: string) => string | undefined)[]> {
  const nodes = 'nodes' in redis ? redis.nodes('master') : [redis]
  return Promise.all(
    nodes.map(async node => {
      const info = await node.info('memory').catch(() => '')
      return (field: string) => new RegExp(`^${field}:(\\S+)`, 'm').exec(info)?.[1]
    }),
  )
}
