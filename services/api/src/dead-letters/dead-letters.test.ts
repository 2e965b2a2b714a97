import type { Column, TrackingPlan } from '@northstar/catalogue'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { type EncodedRecord, encodeRecord, encodeRows, hashText, type Row } from '@northstar/events'
import { openEmbeddedCounters } from '@northstar/live-counters/embedded'
import { tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDeadLetters, type DeadLetters } from './dead-letters.ts'

const AT = Date.parse('2026-02-01T12:00:00Z')
const WRITTEN: readonly Column[] = [{ name: 'rating', type: 'integer', lowCardinality: false }]
/** The present plan, which accepts the events of the records. */
const plan: TrackingPlan = { events: new Map(), columns: WRITTEN }
const POSITION = { log: 'log', offset: 9, lastAt: AT, windowStart: 0 }

const folder = await tempFolder('dead-letters')
const warehouse = await openEmbeddedWarehouse({ folder: `${folder.path}/warehouse` })
const counters = openEmbeddedCounters({ folder: `${folder.path}/counters`, partitions: 2, now: () => AT })
/** No dead letter here is of quarantined events. */
const NONE = { trial: () => ({ total: 0, passed: [], refused: [] }), release: async () => {} }
let letters: DeadLetters

const event = (id: string, rating: number): Row => ({
  event: 'satisfaction_survey',
  id: hashText(id),
  timestamp: AT - 3_600_000,
  received_at: AT,
  user_id: '0123456789abcdef',
  session_id: '',
  rating,
})

function bury(record: EncodedRecord, offset: number, events: number): Promise<void> {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  const headers = Object.fromEntries(Object.entries(record.headers).map(([name, bytes]) => [name, base64(bytes)]))
  const line = {
    at: AT,
    partition: 1,
    offset,
    reason: 'rating: expected string, found integer',
    events,
    headers,
    bytes: base64(record.value),
  }
  return warehouse.insert(
    'dead_letters',
    [Buffer.from(`${JSON.stringify(line)}\n`)],
    `bury-${offset}-${Math.random().toString(36).slice(2)}`,
  )
}

const figures = async () => {
  const [row] = await warehouse.query<Record<string, number>>(
    `SELECT (SELECT count() FROM events) AS events, (SELECT sum(stored) FROM ledger) AS stored, (SELECT sum(duplicates) FROM ledger) AS duplicates,
     (SELECT sum(dead_lettered) FROM ledger) AS dead, (SELECT count() FROM dead_letters) AS letters`,
  )
  return Object.fromEntries(Object.entries(row ?? {}).map(([name, n]) => [name, Number(n)]))
}

beforeAll(async () => {
  await warehouse.migrate(plan)
  await counters.apply(0, null, POSITION, new Map())
  await counters.apply(1, null, POSITION, new Map())
  letters = createDeadLetters({ warehouse, counters, plan, quarantine: NONE })
  await warehouse.insert(
    'ledger',
    [Buffer.from(`${JSON.stringify({ partition: 1, minute: AT, accepted: 4, dead_lettered: 4 })}\n`)],
    'ledger',
  )
  await bury(encodeRecord(encodeRows(WRITTEN, [event('one', 4), event('two', 5), event('one', 4)])), 3, 2)
  await bury(encodeRecord(encodeRows(WRITTEN, [event('three', 1)])), 4, 1)
  await bury({ value: Buffer.from('no block'), headers: { v: Buffer.from('1') } }, 5, 1)
})

afterAll(async () => {
  await Promise.all([warehouse.close(), counters.close()])
  await folder.remove()
})

test('a trial reports how many would pass and why the others would not, and stores nothing', async () => {
  expect(await letters.try()).toEqual({ total: 3, passed: 2, refused: { unknown_version: 1 } })
  expect(await figures()).toMatchObject({ events: 0, dead: 4, letters: 3 })
})

test('a replay stores each event once under its identity, corrects the ledger, and has the partition counted again', async () => {
  expect(await letters.replay()).toEqual({ total: 3, passed: 2, refused: { unknown_version: 1 } })
  expect(await figures()).toEqual({ events: 3, stored: 3, duplicates: 0, dead: 1, letters: 1 })
  expect([await counters.position(0), await counters.position(1)]).toEqual([POSITION, null])
  expect(await letters.replay()).toEqual({ total: 1, passed: 0, refused: { unknown_version: 1 } })
})

test('a replay that was cut off before it could remove a dead letter stores nothing twice', async () => {
  await bury(encodeRecord(encodeRows(WRITTEN, [event('three', 1)])), 4, 1)
  expect(await letters.replay()).toMatchObject({ passed: 1 })
  expect(await figures()).toEqual({ events: 3, stored: 3, duplicates: 0, dead: 1, letters: 1 })
})
