import type { DuplicateWindow } from './duplicates.ts'
import { decodeHead } from './record.ts'

/**
 * Takes a record's events into the window and returns the rows, ascending, of those that repeat an earlier event.
 * @param ids as in the record's head
 */
export function takeRecord(window: DuplicateWindow, offset: number, ids: Uint32Array): number[] {
  window.beginRecord(offset)
  const repeats: number[] = []
  for (let i = 0; i < ids.length; i += 2) {
    if (window.add(ids[i + 1] as number, ids[i] as number)) repeats.push(i / 2)
  }
  return repeats
}

/** Takes records into the window again after a restart, by their headers alone. */
export function refillWindow(
  window: DuplicateWindow,
  records: readonly { offset: number; headers: Readonly<Record<string, Uint8Array>> }[],
): void {
  for (const record of records) {
    const head = decodeHead(record.headers)
    if (head.outcome === 'ok') takeRecord(window, record.offset, head.value.ids)
  }
}
