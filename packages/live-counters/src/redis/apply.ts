import { createSlots } from '@northstar/runtime/async'
import { movedBy } from '../advances.ts'
import { type LiveCounters, PositionMoved } from '../port.ts'
import { encodePosition } from '../position.ts'
import { createSeenByPartition } from '../seen-members.ts'
import { encodeChanges } from './changes.ts'
import { type ScriptedClient, within } from './client.ts'
import { decodeFound, positionKey, tagOf } from './keys.ts'

export interface ApplyConfig {
  readonly product: string
  /** Channel on which the script publishes which aggregates have changed. */
  readonly channel: string
  readonly now: () => number
  readonly timeoutMs: number
}

/** A server runs one script at a time: without a limit, each of the calls of dozens of late partitions would wait for all others and time out. */
const MAX_CONCURRENT = 4

/** Adds deltas and moves the position in one script. */
export function createApply({ product, channel, now, timeoutMs }: ApplyConfig, client: ScriptedClient): LiveCounters['apply'] {
  const applying = new Set<number>()
  const seenByPartition = createSeenByPartition()
  const limit = createSlots(MAX_CONCURRENT)

  return async (partition, expected, next, deltas) => {
    const tag = tagOf(product, partition)
    // Two concurrent calls for a partition come from two workers, one of which will be refused: its members were not added.
    const alone = !applying.has(partition)
    applying.add(partition)
    const seen = alone ? seenByPartition.of(partition) : null
    seen?.begin(expected)
    try {
      const { keys, json } = encodeChanges(tag, deltas, next.coverage?.horizon ?? now(), seen)
      const from = expected ? encodePosition(expected) : ''
      const args = [from, encodePosition(next), channel, json, [...movedBy(deltas)].join(' ')]
      const call = () => within(timeoutMs, client.northstarApply(keys.length + 1, positionKey(tag), ...keys, ...args))
      const [outcome, found] = await limit(call)
      if (outcome === 'moved') throw new PositionMoved(partition, decodeFound(found))
      seen?.settle(next)
      return outcome === 'repeated' ? 'repeated' : 'applied'
    } finally {
      if (alone) applying.delete(partition)
    }
  }
}
