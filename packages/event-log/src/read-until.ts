import { setImmediate as nextTurn } from 'node:timers/promises'
import type { PartitionClaim, PartitionReader, StoredRecord } from './port.ts'

/**
 * Reads every record from `from` up to `end` that the log still holds, from a claim's reader that stands at `from`.
 * Resolves with false when the claim ended first.
 */
export async function readUntil(
  claim: PartitionClaim,
  reader: PartitionReader,
  from: number,
  end: number,
  take: (records: readonly StoredRecord[]) => void,
): Promise<boolean> {
  for (let at = Math.max(from, claim.earliest); at < end; ) {
    const records = await reader.next({ before: end })
    const last = records.at(-1)
    // Nothing left before `end`: it was all read, or retention took it, unless the claim has ended.
    if (!last) return !claim.signal.aborted
    take(records)
    at = last.offset + 1
    // An embedded log answers without waiting: a window of a million events would otherwise hold the event loop until it is read.
    await nextTurn()
  }
  return true
}
