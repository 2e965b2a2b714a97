/**
 * Live counters in Redis or Redis Cluster.
 *
 * A partition's position and counters change together in one script, so whatever Redis loses in a crash (up to its last second, with an
 * append-only file synced every second), it loses of both: the worker finds an older position and folds the log again from there.
 */
import { coalesced, movedBy } from '../advances.ts'
import type { BucketKey } from '../buckets.ts'
import { coverageInAll } from '../coverage.ts'
import { GROUP_LENGTH } from '../fields.ts'
import { countOf } from '../partitions.ts'
import { type LiveCounters, PositionMoved } from '../port.ts'
import { decodePosition, encodePosition } from '../position.ts'
import { SeenMembers } from '../seen-members.ts'
import { rewriteAppendOnlyFiles } from './append-only-file.ts'
import { encodeChanges, hashKey, positionKey, setKey } from './changes.ts'
import { connect, within } from './client.ts'
import { countUnique } from './unique.ts'

export interface RedisCountersConfig {
  /** `redis://…`, `rediss://…` or `redis+cluster://host:port,…`. */
  readonly url: string
  readonly product: string
  /** How many the log has; a function where they may grow. */
  readonly partitions: number | (() => number)
  /** Epoch milliseconds. */
  readonly now: () => number
  /** How long a call waits for Redis before it rejects with CountersUnavailable. Default 5,000 ms. */
  readonly timeoutMs?: number
}

/** One script adds up so many hashes at most, so that Redis is never held up for long. */
const HASHES_A_CALL = 2_000
/** A server works at one script at a time: of dozens of partitions that catch up, each would otherwise wait for all, beyond its timeout. */
const APPLIES_AT_ONCE = 4

/** Connects by itself, and again whenever the connection is lost; until then calls wait, at most `timeoutMs`. */
export function connectRedisCounters(config: RedisCountersConfig): LiveCounters {
  const { url, product, partitions, now, timeoutMs = 5_000 } = config
  const channel = `northstar:${product}:advance`
  const client = connect(url)
  const subscribers = new Set<() => void>()
  const tags = () => Array.from({ length: countOf(partitions) }, (_, partition) => tagOf(product, partition))
  const applying = new Set<number>()
  const seenByPartition = new Map<number, SeenMembers>()
  const seenIn = (partition: number) => {
    const seen = seenByPartition.get(partition) ?? new SeenMembers()
    seenByPartition.set(partition, seen)
    return seen
  }
  const inTurn = createTurns(APPLIES_AT_ONCE)
  const ask = <T>(command: Promise<T>) => within(timeoutMs, command)
  const position = async (tag: string) => positionIn(await ask(client.get(positionKey(tag))))

  return {
    position: partition => position(tagOf(product, partition)),

    async coverage() {
      return coverageInAll(await Promise.all(tags().map(position)))
    },

    async apply(partition, expected, next, deltas) {
      const tag = tagOf(product, partition)
      // Two calls at once can only be two workers of one partition: what one of them has sent may yet be refused.
      const alone = !applying.has(partition)
      applying.add(partition)
      const seen = alone ? seenIn(partition) : null
      seen?.begin(expected)
      try {
        const { keys, json } = encodeChanges(tag, deltas, next.coverage?.horizon ?? now(), seen)
        const from = expected ? encodePosition(expected) : ''
        const args = [from, encodePosition(next), channel, json, [...movedBy(deltas)].join(' ')]
        const apply = () => ask(client.northstarApply(keys.length + 1, positionKey(tag), ...keys, ...args))
        const [outcome, found] = await inTurn(apply)
        if (outcome === 'moved') throw new PositionMoved(partition, positionIn(found))
        seen?.settle(next)
        return outcome === 'repeated' ? 'repeated' : 'applied'
      } finally {
        if (alone) applying.delete(partition)
      }
    },

    async totals(buckets, prefixes) {
      const groups = [...new Set(prefixes.map(prefix => prefix.slice(0, GROUP_LENGTH)))]
      const answers = await ask(
        Promise.all(
          tags()
            .map(tag => buckets.flatMap(bucket => groups.map(group => hashKey(tag, bucket, group))))
            .flatMap(keys => [...chunks(keys, HASHES_A_CALL)])
            .map(keys => client.northstarSum(keys.length, ...keys)),
        ),
      )
      const totals = new Map<string, number>()
      for (const answer of answers) {
        for (let i = 0; i + 1 < answer.length; i += 2) {
          const field = answer[i] ?? ''
          if (prefixes.some(prefix => field.startsWith(prefix))) totals.set(field, (totals.get(field) ?? 0) + Number(answer[i + 1]))
        }
      }
      return totals
    },

    async uniques(buckets, fields) {
      if (buckets.length === 0) return new Map(fields.map(field => [field, 0]))
      const estimate = (field: string) => countUnique(client, tags(), tag => buckets.map((bucket: BucketKey) => setKey(tag, bucket, field)))
      return new Map(await ask(Promise.all(fields.map(async field => [field, await estimate(field)] as const))))
    },

    onAdvance(listener) {
      const subscriber = connect(url)
      const advances = coalesced(listener)
      // A reset names no aggregates.
      subscriber.on('message', (_channel: string, codes: string) => advances.signal(codes === '' ? null : new Set(codes.split(' '))))
      // Messages published while the connection was gone are lost.
      subscriber.on('ready', () => advances.signal(null))
      subscriber.subscribe(channel).catch(() => {})
      const end = () => {
        advances.end()
        subscriber.disconnect()
        subscribers.delete(end)
      }
      subscribers.add(end)
      return end
    },

    async reset(some) {
      const wanted = some?.map(partition => tagOf(product, partition)) ?? tags()
      for (const tag of wanted) await ask(client.northstarReset(1, positionKey(tag), `${escapePattern(tag)}:*`, channel))
      // Members of sets are hashed by the server, but its append-only file still has the commands that added them.
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
      for (const end of [...subscribers]) end()
      try {
        if (client.status === 'ready') await ask(client.quit())
      } catch {
        // Nothing is left to lose.
      }
      client.disconnect()
    },
  }
}

function tagOf(product: string, partition: number): string {
  return `{northstar:${product}:${partition}}`
}

function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&')
}

/** Returns a function that does at most so many works at once, in the order in which they came. */
function createTurns(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async work => {
    if (running >= most) await new Promise<void>(resolve => waiting.push(resolve))
    else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}

const positionIn = (text: string | null) => (text ? decodePosition(text) : null)

function* chunks<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size)
}
