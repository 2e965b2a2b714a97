import type { Store } from './store.ts'

/** Adds up the sizes of a partition's first records. Each call continues from the offset of the previous one. */
export function createProcessedBytes(store: Store, partition: number, earliest: number) {
  let summedTo = earliest
  let summedBytes = 0

  function restart(from: number): void {
    summedTo = from
    summedBytes = 0
  }

  return {
    /** The size of the records from `earliest` up to `offset`, excluded. `next` is the end of the partition. */
    before(offset: number, earliest: number, next: number): number {
      if (offset < summedTo) restart(earliest)
      for (const end = Math.min(offset, next); summedTo < end; summedTo++) summedBytes += store.entry(partition, summedTo)?.bytes ?? 0
      return summedBytes
    },
    /** Must be called when the oldest record is deleted. */
    removed(offset: number, bytes: number): void {
      if (offset < summedTo) summedBytes -= bytes
      else summedTo = offset + 1
    },
    restart,
  }
}
