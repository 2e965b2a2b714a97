import type { ScriptedClient } from './client.ts'

/**
 * How many members are in any of the sets of any partition: one that is in several counts once, such as a session that had events before
 * and after its user was known. `keysOf` gives a partition's sets.
 */
export async function countUnique(client: ScriptedClient, tags: readonly string[], keysOf: (tag: string) => string[]): Promise<number> {
  if (!client.isCluster) return client.pfcount(tags.flatMap(keysOf))
  // No command of a cluster reaches over slots: each partition's union goes to the first partition's slot, for a moment.
  // Its scripts leave nothing behind, and run one at a time.
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
