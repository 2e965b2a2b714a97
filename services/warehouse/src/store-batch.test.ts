import { join } from 'node:path'
import type { Column, TrackingPlan } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import type { StoredRecord } from '@northstar/event-log'
import { createEventCheck, DuplicateWindow, encodeRecord, encodeRows, encodeTally, planFingerprint, type Row } from '@northstar/events'
import { readRecords } from '@northstar/pipeline'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { Session } from 'chdb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { storeBatch } from './store-batch.ts'

const columns: readonly Column[] = [
  { name: 'category', type: 'string', lowCardinality: true },
  { name: 'size', type: 'integer', lowCardinality: false },
]
const plan: TrackingPlan = { events: new Map(), columns }
const AT = Date.UTC(2026, 0, 15, 12)

let folder: TempFolder
let warehouse: Warehouse
beforeAll(async () => {
  folder = await tempFolder('store-batch')
  warehouse = await openEmbeddedWarehouse({ folder: folder.path })
  await warehouse.migrate(plan)
})
afterAll(async () => {
  await warehouse?.close()
  await folder?.remove()
})

const row = (id: string, more: Readonly<Record<string, string | number>> = {}): Row => ({
  event: 'sale',
  id,
  timestamp: AT,
  received_at: AT,
  user_id: '',
  session_id: '',
  ...more,
})

function recordOf(offset: number, encoded: Pick<StoredRecord, 'value' | 'headers'>): StoredRecord {
  return { partition: 0, offset, appendedAt: AT, ...encoded }
}
const encode = (rows: readonly Row[]) => encodeRecord(encodeRows(columns, rows), planFingerprint(plan))

const store = (records: readonly StoredRecord[], token: string, window = new DuplicateWindow()) =>
  storeBatch(readRecords(records, window), token, { ...warehouse, columns, check: createEventCheck(plan) })

const letters = (from: number, to: number) =>
  warehouse.query<{ offset: number; reason: string; events: number; bytes: string; headers: Record<string, string> }>(
    `SELECT offset, reason, events, bytes, headers FROM dead_letters WHERE offset >= ${from} AND offset < ${to} ORDER BY offset`,
  )
const stored = async (prefix: string) =>
  (
    await warehouse.query<{ category: string }>(`SELECT category FROM events WHERE startsWith(category, '${prefix}') ORDER BY category`)
  ).map(({ category }) => category)

test('new events of all records are stored once, even if they or the batch are repeated', async () => {
  const tagged = (n: number) => row(`one-${n}`, { category: `one-${n}` })
  const records = [
    recordOf(0, encode([tagged(0), tagged(1), tagged(0)])),
    recordOf(1, encode([tagged(1)])),
    recordOf(2, encodeTally({ wrong_type: 4 })),
    recordOf(3, encode([tagged(1), tagged(2)])),
  ]
  for (let time = 0; time < 2; time++) await store(records, 'test:0:0-4')
  expect(await stored('one-')).toEqual(['one-0', 'one-1', 'one-2'])
  expect(await warehouse.query('SELECT accepted, stored, duplicates, dead_lettered, rejected FROM ledger FINAL')).toEqual([
    { accepted: 6, stored: 3, duplicates: 3, dead_lettered: 0, rejected: 4 },
  ])
})

test('a damaged record becomes a dead letter with all bytes, its headers and its number of new events', async () => {
  const good = encode([row('two-0', { category: 'two-0' })])
  const whole = encode([row('two-0'), row('two-1'), row('two-2')])
  const damaged = { ...whole, value: whole.value.subarray(0, -1) }
  await store([recordOf(10, good), recordOf(11, damaged), recordOf(12, { value: Buffer.from('?'), headers: {} })], 'test:0:10-13')
  expect(await stored('two-')).toEqual(['two-0'])
  const [first, second] = await letters(10, 13)
  expect(first).toMatchObject({ offset: 11, reason: 'block_cut_off', events: 2 })
  expect(Buffer.from(first?.bytes ?? '', 'base64')).toEqual(Buffer.from(damaged.value))
  expect(Buffer.from(first?.headers.ids ?? '', 'base64')).toEqual(Buffer.from(whole.headers.ids ?? []))
  expect(second).toMatchObject({ offset: 12, reason: 'no_version', events: 1 })
})

test('of a block that the table refuses, the records that it refuses are found, and the others are stored under the same token', async () => {
  // A constraint that was added to the table, which the checks before it do not know.
  const session = new Session(join(folder.path, 'data'))
  session.query(`ALTER TABLE northstar.events ADD CONSTRAINT small_sizes CHECK ifNull(size, 0) < 100`)
  session.close()
  const records = Array.from({ length: 9 }, (_, i) =>
    recordOf(20 + i, encode([row(`three-${i}`, { category: `three-${i}`, size: i % 4 === 3 ? 1000 : i }), row(`four-${i}`)])),
  )
  for (let time = 0; time < 2; time++) await store(records, 'test:0:20-29')
  expect(await stored('three-')).toEqual([0, 1, 2, 4, 5, 6, 8].map(i => `three-${i}`))
  const found = await letters(20, 29)
  expect(found.map(({ offset, events }) => [offset, events])).toEqual([
    [23, 2],
    [27, 2],
  ])
  for (const { reason } of found) expect(reason).toMatch(/small_sizes/)
})
