import type Cluster from 'kafkajs/src/cluster/index.js'
import type { PartitionBounds } from '../port.ts'

const EARLIEST = -2
const NEXT = -1

/** The bounds of partitions, in their order. */
export async function endOffsets(cluster: Cluster, topic: string, partitions: readonly number[]): Promise<PartitionBounds[]> {
  const [earliest, next] = await Promise.all([offsetsAt(cluster, topic, partitions, EARLIEST), offsetsAt(cluster, topic, partitions, NEXT)])
  return partitions.map(partition => ({ partition, earliest: earliest.get(partition) ?? 0, next: next.get(partition) ?? 0 }))
}

/** The first offset appended at or after `time` (epoch ms), by partition; -1 if there is none. */
export async function offsetsAt(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  time: number,
): Promise<Map<number, number>> {
  if (partitions.length === 0) return new Map()
  const answer = await cluster.fetchTopicsOffset([{ topic, partitions: partitions.map(partition => ({ partition })), fromTimestamp: time }])
  return new Map(answer[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
}
