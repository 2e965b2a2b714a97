import type { DuplicateWindow } from './duplicates.ts'
import { decodeHead, type EncodedRecord, type RecordHead } from './record.ts'

/**
 * Takes a record's events into the window, those that were erased too, so that erasing an event changes no decision about another.
 * @returns the rows of the record's block, ascending, that repeat an earlier event
 */
export function takeRecord(window: DuplicateWindow, offset: number, head: RecordHead, value: Uint8Array): number[] {
  const { erased } = head
  const repeats = takeAll(window, offset, head, value)
  if (erased.length === 0) return repeats
  const gone = new Set(erased)
  return repeats.filter(row => !gone.has(row)).map(row => row - erased.filter(other => other < row).length)
}

/** As {@link takeRecord}, but returns the rows as they were numbered before any was erased. */
export function takeAll(window: DuplicateWindow, offset: number, head: RecordHead, value: Uint8Array): number[] {
  window.beginRecord(offset)
  if (head.seed) {
    takeSeed(window, value)
    return []
  }
  const { allIds: ids } = head
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
    if (head.outcome === 'ok') takeAll(window, record.offset, head.value, record.value)
  }
}
