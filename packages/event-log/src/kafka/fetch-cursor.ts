import { type Hole, LogChanged, type StoredRecord } from '../port.ts'
import type { KafkaConnection } from './connection.ts'
import { endOffsets } from './offsets.ts'
import { toStoredRecord } from './stored-record.ts'

export interface CursorStart {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** The broker holds an answer back for at most `maxWaitTime` ms while it has fewer than `minBytes`. */
export interface FetchWait {
  readonly maxWaitTime: number
  readonly minBytes: number
}

/** Maximum size of an answer, which has at least one record. */
export const FETCH_BYTES = 1024 * 1024

/** Fetches a partition from its current position on. */
export function createFetchCursor(connection: KafkaConnection, { topic, partition, offset }: CursorStart) {
  let next = offset
  let newest: { readonly offset: number; readonly appendedAt: number } | undefined
  /** Whether the next fetch reads the newest record again to compare it: the log may have been replaced. */
  let verifying = false
  let holes: Hole[] = []

  return {
    position: () => next,

    takeHoles(): readonly Hole[] {
      const taken = holes
      holes = []
      return taken
    },

    /** Must be called after a failure, before the next fetch. */
    verifyNewest(): void {
      verifying = newest !== undefined
    },

    /**
     * @param waitFor called just before the request is sent, once there is a connection
     * @throws LogChanged if the log no longer has the record that was fetched last; kafkajs' errors
     */
    async fetch(waitFor: () => FetchWait): Promise<readonly StoredRecord[]> {
      const cluster = await connection.cluster()
      const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
      if (nodeId === undefined) throw new Error(`partition ${partition} of ${topic} has no leader`)
      const broker = await cluster.findBroker({ nodeId })
      const from = verifying && newest ? newest.offset : next
      const answer = await broker.fetch({
        isolationLevel: 0,
        ...waitFor(),
        maxBytes: FETCH_BYTES,
        topics: [{ topic, partitions: [{ partition, fetchOffset: String(from), maxBytes: FETCH_BYTES }] }],
      })
      const records: StoredRecord[] = []
      for (const message of answer.responses[0]?.partitions[0]?.messages ?? []) {
        const record = toStoredRecord(message, partition)
        if (verifying && record.offset === newest?.offset && record.appendedAt !== newest.appendedAt) {
          throw new LogChanged(partition, `the record at offset ${record.offset} is not the one that was read before`)
        }
        // The broker returns whole batches, which may begin before the requested offset.
        if (record.offset < next) continue
        next = record.offset + 1
        newest = record
        if (!message.isControlRecord) records.push(record)
      }
      verifying = false
      return records
    },

    /** Moves to the oldest record kept, after the broker has refused the offset. Returns an error if that is not possible. */
    async skipDeleted(): Promise<unknown> {
      try {
        const [bounds] = await endOffsets(await connection.cluster(), topic, [partition])
        if (!bounds) return new Error(`partition ${partition} of ${topic} has no bounds`)
        if (next > bounds.next) return new LogChanged(partition, `it ends at ${bounds.next}, before offset ${next}`)
        verifying = false
        newest = undefined
        if (next < bounds.earliest) holes.push({ from: next, to: bounds.earliest })
        next = Math.max(next, bounds.earliest)
        return undefined
      } catch (error) {
        return error
      }
    },
  }
}
