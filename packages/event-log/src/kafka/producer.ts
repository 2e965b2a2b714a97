import type Cluster from 'kafkajs/src/cluster/index.js'
import type { Batch } from './append-queue.ts'
import type { KafkaConnection } from './connection.ts'

/** A producer's id, which the broker assigns. */
export interface ProducerId {
  readonly producerId: unknown
  readonly producerEpoch: number
}

export interface ProducerConfig {
  readonly topic: string
  readonly timeoutMs: number
}

/** Each batch is passed to one of these functions as soon as its leader has answered. */
export interface SendResults {
  stored(batches: readonly Batch[], id: ProducerId): void
  /** Returns whether any of the batches must be sent again. `id` is set if they were sent. */
  failed(batches: readonly Batch[], error: unknown, id?: ProducerId): boolean
}

const MAX_SEQUENCE = 2 ** 31 - 1

/**
 * The idempotent producer, with its id and the sequence number of each partition. A batch that is repeated with the same id and number
 * adds nothing. If it is unknown whether a batch was stored, the id must be forgotten, since the numbers may be in use.
 */
export function createProducer(connection: KafkaConnection, { topic, timeoutMs }: ProducerConfig) {
  let current: ProducerId | undefined
  const sequences = new Map<number, number>()
  const sequenceOf = (partition: number) => sequences.get(partition) ?? 0

  function forget(): void {
    current = undefined
    sequences.clear()
  }

  async function idFor(batches: readonly Batch[], cluster: Cluster): Promise<ProducerId> {
    if (!current || batches.some(({ partition, items }) => sequenceOf(partition) + items.length > MAX_SEQUENCE)) {
      const broker = await cluster.findControllerBroker()
      forget()
      current = await broker.initProducerId({ transactionTimeout: 30_000 })
    }
    return current
  }

  async function sendToLeader(cluster: Cluster, nodeId: string, batches: readonly Batch[], id: ProducerId): Promise<void> {
    // Sequence numbers are read before the first await: when another leader fails, they may restart with a new id.
    const partitions = batches.map(batch => toWire(batch, sequenceOf(batch.partition)))
    const broker = await cluster.findBroker({ nodeId })
    await broker.produce({ acks: -1, timeout: timeoutMs, ...id, topicData: [{ topic, partitions }] })
  }

  return {
    forget,

    /** Must be called when a batch is stored. Batches of a forgotten id are ignored. */
    advance(id: ProducerId | undefined, { partition, items }: Batch): void {
      if (id === current) sequences.set(partition, sequenceOf(partition) + items.length)
    },

    /** Sends the batches to their leaders, with at most one request in flight for each. Returns whether any must be sent again. */
    async send(batches: readonly Batch[], results: SendResults): Promise<boolean> {
      // A broker that never answers must not delay appends beyond their time-out.
      const timeLeft = Math.min(...batches.map(({ deadline }) => deadline)) - performance.now()
      const cutting = setTimeout(() => connection.drop(), Math.max(timeLeft, 0))
      try {
        const cluster = await connection.cluster()
        await cluster.refreshMetadataIfNecessary()
        const id = await idFor(batches, cluster)
        const byLeader = Object.entries(
          cluster.findLeaderForPartitions(
            topic,
            batches.map(({ partition }) => partition),
          ),
        )
        const outcomes = await Promise.all(
          byLeader.map(async ([nodeId, partitions]) => {
            const own = batches.filter(({ partition }) => partitions.includes(partition))
            try {
              await sendToLeader(cluster, nodeId, own, id)
            } catch (error) {
              return results.failed(own, error, id)
            }
            results.stored(own, id)
            return false
          }),
        )
        const leaderless = batches.filter(({ partition }) => !byLeader.some(([, partitions]) => partitions.includes(partition)))
        const unsent = leaderless.length > 0 && results.failed(leaderless, new Error('a partition has no leader'))
        return unsent || outcomes.some(Boolean)
      } catch (error) {
        return results.failed(batches, error)
      } finally {
        clearTimeout(cutting)
      }
    },
  }
}

function toWire({ partition, items }: Batch, firstSequence: number) {
  const messages = items.map(({ record, at }) => ({
    value: toBuffer(record.value),
    headers: Object.fromEntries(Object.entries(record.headers).map(([name, value]) => [name, toBuffer(value)])),
    timestamp: at,
  }))
  return { partition, firstSequence, messages }
}

/** kafkajs needs Buffers. The Buffer shares the bytes. */
function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
