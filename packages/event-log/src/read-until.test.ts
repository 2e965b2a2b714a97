import { expect, test } from 'vitest'
import type { PartitionClaim, PartitionReader, StoredRecord } from './port.ts'
import { readUntil } from './read-until.ts'

const READS = 5

test('the event loop turns after each read, also from a log that answers without waiting', async () => {
  let next = 0
  const reader: PartitionReader = {
    next: () => Promise.resolve([{ partition: 0, offset: next++, appendedAt: 0, value: Buffer.alloc(1), headers: {} }]),
    takeHoles: () => [],
  }
  const claim = { earliest: 0, signal: new AbortController().signal } as PartitionClaim
  let turns = 0
  const count = () => {
    turns++
    if (turns < 10 * READS) setImmediate(count)
  }
  setImmediate(count)
  const turnsAt: number[] = []
  const taken: StoredRecord[] = []
  const isRead = await readUntil(claim, reader, 0, READS, records => {
    turnsAt.push(turns)
    taken.push(...records)
  })
  expect(isRead).toBe(true)
  expect(taken.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4])
  expect(new Set(turnsAt).size).toBe(READS)
})
