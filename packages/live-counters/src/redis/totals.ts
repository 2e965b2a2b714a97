import type { BucketKey } from '../buckets.ts'
import { GROUP_LENGTH } from '../fields.ts'
import type { ScriptedClient } from './client.ts'
import { hashKey } from './keys.ts'

/** Maximum number of hashes that one script adds up, so that it does not block Redis for long. */
const HASHES_PER_CALL = 2_000

/** The fields that begin with one of the prefixes, each summed over the buckets and partitions. */
export async function sumFields(
  client: ScriptedClient,
  tags: readonly string[],
  buckets: readonly BucketKey[],
  prefixes: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const groups = [...new Set(prefixes.map(prefix => prefix.slice(0, GROUP_LENGTH)))]
  const keysByTag = tags.map(tag => buckets.flatMap(bucket => groups.map(group => hashKey(tag, bucket, group))))
  // In a cluster, a script may use only the keys of one partition.
  const keysBySlot = client.isCluster ? keysByTag : [keysByTag.flat()]
  const answers = await Promise.all(
    keysBySlot.flatMap(keys => [...chunks(keys, HASHES_PER_CALL)]).map(keys => client.northstarSum(keys.length, ...keys)),
  )
  const totals = new Map<string, number>()
  for (const answer of answers) {
    for (let i = 0; i + 1 < answer.length; i += 2) {
      const field = answer[i] ?? ''
      if (prefixes.some(prefix => field.startsWith(prefix))) totals.set(field, (totals.get(field) ?? 0) + Number(answer[i + 1]))
    }
  }
  return totals
}

function* chunks<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size)
}
