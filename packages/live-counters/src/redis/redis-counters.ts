/**
 * Live counters in Redis or Redis Cluster.
 *
 * One script changes a partition's position and counters together. If Redis loses its last changes in a crash (those of up to one second,
 * with an append-only file that is synced every second), it loses both: the worker finds an older position and folds the log from there.
 */

import { countOf } from '../partitions.ts'
import type { LiveCounters } from '../port.ts'
import { coverageInAll } from '../position.ts'
import { rewriteAppendOnlyFiles } from './append-only-file.ts'
import { createApply } from './apply.ts'
import { connect, within } from './client.ts'
import { decodeFound, positionKey, setKey, tagOf } from './keys.ts'
import { createSubscriptions } from './subscriptions.ts'
import { sumFields } from './totals.ts'
import { countUnique } from './unique.ts'

export interface RedisCountersConfig {
  /** `redis://…`, `rediss://…` or `redis+cluster://host:port,…`. */
  readonly url: string
  readonly product: string
  /** The log's number of partitions; a function if it may grow. */
  readonly partitions: number | (() => number)
  /** Epoch milliseconds. */
  readonly now: () => number
  /** How long a call waits for Redis before it rejects with CountersUnavailable. Default 5,000 ms. */
  readonly timeoutMs?: number
}

/** The client connects and reconnects on its own. Calls wait for a connection for at most `timeoutMs`. */
export function connectRedisCounters(config: RedisCountersConfig): LiveCounters {
  const { url, product, partitions, now, timeoutMs = 5_000 } = config
  const channel = `northstar:${product}:advance`
  const client = connect(url)
  const subscriptions = createSubscriptions(url, channel)
  const tags = () => Array.from({ length: countOf(partitions) }, (_, partition) => tagOf(product, partition))
  const ask = <T>(command: Promise<T>) => within(timeoutMs, command)

  return {
    position: async partition => decodeFound(await ask(client.get(positionKey(tagOf(product, partition))))),

    async coverage() {
      const keys = tags().map(positionKey)
      const found = await ask(client.isCluster ? Promise.all(keys.map(key => client.get(key))) : client.mget(keys))
      return coverageInAll(found.map(decodeFound))
    },

    apply: createApply({ product, channel, now, timeoutMs }, client),

    totals: (buckets, prefixes, partition) =>
      ask(sumFields(client, partition === undefined ? tags() : [tagOf(product, partition)], buckets, prefixes)),

    async uniques(buckets, fields) {
      if (buckets.length === 0) return new Map(fields.map(field => [field, 0]))
      const estimate = (field: string) => countUnique(client, tags(), tag => buckets.map(bucket => setKey(tag, bucket, field)))
      return new Map(await ask(Promise.all(fields.map(async field => [field, await estimate(field)] as const))))
    },

    onAdvance: subscriptions.onAdvance,

    async reset(some) {
      const wanted = some?.map(partition => tagOf(product, partition)) ?? tags()
      for (const tag of wanted) await ask(client.northstarReset(1, positionKey(tag), `${escapePattern(tag)}:*`, channel))
      // The server stores only hashes of members, but its append-only file still has the commands that added them.
      await ask(rewriteAppendOnlyFiles(client))
    },

    async health() {
      if (client.status !== 'ready') return { healthy: false, reason: `no connection to Redis (${client.status})` }
      try {
        await ask(Promise.all(tags().map(tag => client.exists(positionKey(tag)))))
        return { healthy: true, reason: 'Redis answers for every partition' }
      } catch {
        return { healthy: false, reason: 'Redis does not answer for every partition' }
      }
    },

    async close() {
      subscriptions.close()
      try {
        if (client.status === 'ready') await ask(client.quit())
      } catch {
        // All confirmed writes are stored, so closing without QUIT loses nothing.
      }
      client.disconnect()
    },
  }
}

function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&')
}
