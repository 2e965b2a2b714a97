import type { ClaimSource } from '../claims.ts'
import type { EventLog, StoredRecord } from '../port.ts'
import type { Ask } from './ask.ts'
import { endOffsets, offsetsAt } from './offsets.ts'

export interface ScanDeps {
  readonly topic: string
  readonly ask: Ask
  readonly openSource: (partition: number, offset: number) => ClaimSource
}

const CHUNK_BYTES = 1024 * 1024

/** Implements `EventLog.scan`: reads up to the end that the partition has at the time of the call. */
export async function* scanPartition(
  { topic, ask, openSource }: ScanDeps,
  partition: number,
  from: Parameters<EventLog['scan']>[1],
): AsyncGenerator<StoredRecord> {
  const [bounds] = await ask(cluster => endOffsets(cluster, topic, [partition]))
  const { next: end, earliest } = bounds ?? { next: 0, earliest: 0 }
  const found =
    'time' in from
      ? await ask(async cluster => (await offsetsAt(cluster, topic, [partition], from.time)).get(partition) ?? -1)
      : from.offset
  const offset = found < 0 ? end : Math.max(found, earliest)
  if (offset >= end) return
  const source = openSource(partition, offset)
  try {
    while (source.position() < end) {
      const { records } = source.take(CHUNK_BYTES, end, true)
      // Nothing is fetched while enough waits to be read, so waiting for more then would never end.
      if (records.length === 0) await source.more()
      else yield* records
    }
  } finally {
    source.end()
  }
}
