import { setImmediate as nextTurn } from 'node:timers/promises'
import type { PartitionClaim, PartitionReader, StoredRecord } from './port.ts'

/**
 * Reads the records from `from` up to `end` that the log still has, with a reader whose position is `from`. Resolves to false if the claim
 * ended first.
 */
export async function readUntil(
  claim: PartitionClaim,
  reader: PartitionReader,
  from: number,
  end: number,
  use: (records: readonly StoredRecord[]) => void,
): Promise<boolean> {
  for (let at = Math.max(from, claim.earliest); at < end; ) {
    const records = await reader.next({ before: end })
    const last = records.at(-1)
    // No record is left before `end`: all were read or deleted by retention. Otherwise the claim has ended.
    if (!last) return !claim.signal.aborted
    use(records)
    at = last.offset + 1
    // An embedded log answers without waiting: reading a window of a million events would otherwise block the event loop.
    await nextTurn()
  }
  return true
}
