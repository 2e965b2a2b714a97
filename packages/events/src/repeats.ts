import type { DuplicateWindow } from './duplicates.ts'
import { decodeHead, type EncodedRecord, type RecordHead } from './record.ts'

/**
 * Adds the events of a record to the window, erased ones too, so that an erasure changes no decision about another event.
 * @returns the rows of the record's block that repeat an earlier event, ascending
 */
export function addRecord(window: DuplicateWindow, offset: number, head: RecordHead, value: Uint8Array): number[] {
  const { erased } = head
  const repeats = addWrittenRecord(window, offset, head, value)
  if (erased.length === 0) return repeats
  const gone = new Set(erased)
  return repeats.filter(row => !gone.has(row)).map(row => row - erased.filter(other => other < row).length)
}

/** As {@link addRecord}, but returns rows in the numbering of the record as it was written, before any erasure. */
export function addWrittenRecord(window: DuplicateWindow, offset: number, head: RecordHead, value: Uint8Array): number[] {
  window.beginRecord(offset)
  if (head.seed) {
    addSeed(window, value)
    return []
  }
  const { allIds: ids } = head
  const repeats: number[] = []
  for (let i = 0; i < ids.length; i += 2) {
    if (window.add(ids[i + 1] as number, ids[i] as number)) repeats.push(i / 2)
  }
  return repeats
}

function addSeed(window: DuplicateWindow, ids: Uint8Array): void {
  const view = new DataView(ids.buffer, ids.byteOffset, ids.byteLength)
  for (let at = 0; at + 8 <= ids.byteLength; at += 8) window.add(view.getUint32(at + 4, true), view.getUint32(at, true))
}

/** Adds records to the window after a restart, without reading their events. */
export function refillWindow(window: DuplicateWindow, records: readonly (EncodedRecord & { readonly offset: number })[]): void {
  for (const record of records) {
    const head = decodeHead(record.headers)
    if (head.outcome === 'ok') addWrittenRecord(window, record.offset, head.value, record.value)
  }
}
