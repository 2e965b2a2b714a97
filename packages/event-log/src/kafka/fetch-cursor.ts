import { type Hole, LogChanged, type StoredRecord } from '../port.ts'
import type { KafkaConnection } from './connection.ts'
import { endOffsets } from './offsets.ts'
import { toStoredRecord } from './stored-record.ts'

export interface CursorStart {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** How long the broker may hold an answer back, ms, while it has fewer bytes than this. */
export interface FetchWait {
  readonly maxWaitTime: number
  readonly minBytes: number
}

/** One answer holds at most this much (but at least one record). */
export const FETCH_BYTES = 1024 * 1024

/** The position in a partition up to which it was fetched. */
export function createFetchCursor(connection: KafkaConnection, { topic, partition, offset }: CursorStart) {
  let next = offset
  let newest: { readonly offset: number; readonly appendedAt: number } | undefined
  /** The next fetch compares the newest record again: the log may be another one by then. */
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
     * @param waitFor called when the request is sent, after a connection may have been made
     * @throws LogChanged where the log no longer holds what was fetched; kafkajs' errors
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
          throw new LogChanged(partition, `another record lies at offset ${record.offset} than was read before`)
        }
        // The broker answers with whole batches, whose first records may be older than the requested offset.
        if (record.offset < next) continue
        next = record.offset + 1
        newest = record
        if (!message.isControlRecord) records.push(record)
      }
      verifying = false
      return records
    },

    /** Moves on to the oldest record kept, after the broker refused the offset. Returns an error where that is not possible. */
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
