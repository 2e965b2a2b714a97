import type { ScriptedClient } from './client.ts'

/**
 * Counts the different members of the sets of all partitions. A member that is in several sets is counted once, such as a session with
 * events before and after its user was known. `keysOf` returns the keys of a partition's sets.
 */
export async function countUnique(client: ScriptedClient, tags: readonly string[], keysOf: (tag: string) => string[]): Promise<number> {
  if (!client.isCluster) return client.pfcount(tags.flatMap(keysOf))
  // No command of a cluster works across slots, so each partition's union is copied to the first partition's slot. The scripts delete
  // their scratch keys and run one at a time.
  const scratch = (tag: string, i = 0) => `${tag}:scratch:${i}`
  const unions = await Promise.all(
    tags.map(tag => {
      const keys = [scratch(tag), ...keysOf(tag)]
      return client.northstarUnionBuffer(keys.length, ...keys)
    }),
  )
  const [first = ''] = tags
  return client.northstarCountUnions(unions.length, ...unions.map((_, i) => scratch(first, i)), ...unions)
}
