import { afterEach, expect, test, vi } from 'vitest'
import { gather, type RecordSource } from './gather.ts'
import type { StoredRecord } from './port.ts'

afterEach(() => {
  vi.useRealTimers()
})

const BYTES = 10
const LATE_MS = 60

/** A source that holds its answer back for as long as the reader waits, and then some: one record an answer. */
function heldSource(): RecordSource {
  let next = 0
  let arrived = 1
  let held: Promise<void> | undefined
  return {
    take(maxBytes) {
      const records: StoredRecord[] = []
      while (next < arrived && (records.length + 1) * BYTES <= maxBytes)
        records.push({ partition: 0, offset: next++, appendedAt: 0, value: Buffer.alloc(BYTES), headers: {} })
      return { records, bytes: records.length * BYTES, full: false }
    },
    position: () => next,
    more(ms = 0) {
      held ??= new Promise(resolve =>
        setTimeout(() => {
          arrived++
          held = undefined
          resolve()
        }, ms + LATE_MS),
      )
      return Promise.race([held, new Promise<void>(resolve => setTimeout(resolve, ms))])
    },
  }
}

test('a batch gathers until its time is over from a source that answers late, while records keep arriving', async () => {
  vi.useFakeTimers()
  const batch = gather(heldSource(), { maxBytes: 1_000, lingerMs: 2_000, quietMs: 300 }, new AbortController().signal)
  await vi.advanceTimersByTimeAsync(2_500)
  // An answer each 150 ms and the 60 ms that it is late.
  expect((await batch).length).toBeGreaterThan(8)
})
