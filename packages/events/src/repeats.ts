import type { DuplicateWindow } from './duplicates.ts'
import { decodeHead, type EncodedRecord, type RecordHead } from './record.ts'

/** Takes a record's events into the window and returns the rows, ascending, of those that repeat an earlier event. */
export function takeRecord(window: DuplicateWindow, offset: number, head: RecordHead, value: Uint8Array): number[] {
  window.beginRecord(offset)
  if (head.seed) {
    takeSeed(window, value)
    return []
  }
  const { ids } = head
  const repeats: number[] = []
  for (let i = 0; i < ids.length; i += 2) {
    if (window.add(ids[i + 1] as number, ids[i] as number)) repeats.push(i / 2)
  }
  return repeats
}

function takeSeed(window: DuplicateWindow, ids: Uint8Array): void {
  const view = new DataView(ids.buffer, ids.byteOffset, ids.byteLength)
  for (let at = 0; at + 8 <= ids.byteLength; at += 8) window.add(view.getUint32(at + 4, true), view.getUint32(at, true))
}

/** Takes records into the window again after a restart, without reading their events. */
export function refillWindow(window: DuplicateWindow, records: readonly (EncodedRecord & { readonly offset: number })[]): void {
  for (const record of records) {
    const head = decodeHead(record.headers)
    if (head.outcome === 'ok') takeRecord(window, record.offset, head.value, record.value)
  }
}
