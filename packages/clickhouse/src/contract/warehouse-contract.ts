import { hashText, tableBlock } from '@northstar/events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Warehouse, WarehouseUnavailable } from '../port.ts'
import { AT, blockOf, countOf, expectedTotals, hasId, ndjson, sale, totals } from './batches.ts'
import { describeDurableEvents } from './durable.ts'
import { describeInserting } from './inserting.ts'
import { COLUMNS, planWith } from './plan.ts'
import { describeQuerying } from './querying.ts'
import { describeRollups } from './rollups.ts'

/** Opens and closes the warehouse under test. */
export interface WarehouseUnderTest {
  /** A warehouse that was never migrated and keeps rows for 1,000 days; `views` is a database for its per-event views. */
  open(): Promise<{ readonly warehouse: Warehouse; readonly views: string }>
  close(): Promise<void>
}

export function warehouseContract(name: string, underTest: WarehouseUnderTest): void {
  describe(`warehouse: ${name}`, () => {
    let warehouse: Warehouse
    let views: string

    beforeAll(async () => {
      const open = await underTest.open()
      warehouse = open.warehouse
      views = open.views
    })
    afterAll(() => underTest.close())

    describe('migrations', () => {
      test('without them an insert can be retried later', async () => {
        await expect(warehouse.insertBlock('events', blockOf([sale('early')]), 'early')).rejects.toBeInstanceOf(WarehouseUnavailable)
      })

      test('create everything once', async () => {
        const { applied } = await warehouse.migrate(planWith(views))
        expect(applied).toContain('001-events')
        expect(applied).toContain(`columns ${COLUMNS.map(column => column.name).join(', ')}`)
        expect((await warehouse.migrate(planWith(views))).applied).toEqual([])
      })

      test('record the first fingerprint of a secret permanently', async () => {
        expect((await warehouse.migrate(planWith(views))).secretFingerprint).toBeUndefined()
        expect((await warehouse.migrate(planWith(views), { secretFingerprint: 'first' })).secretFingerprint).toBe('first')
        expect(await warehouse.migrate(planWith(views), { secretFingerprint: 'other' })).toEqual({
          applied: [],
          secretFingerprint: 'first',
        })
      })

      test('add the column of a new property', async () => {
        const columns = [...COLUMNS, { name: 'region', type: 'string', lowCardinality: true } as const]
        expect((await warehouse.migrate(planWith(views, columns))).applied).toEqual(['columns region'])
        expect(
          await warehouse.query(
            `SELECT type FROM system.columns WHERE database = currentDatabase() AND table = 'events' AND name = 'region'`,
          ),
        ).toEqual([{ type: 'LowCardinality(Nullable(String))' }])
      })

      test('refuse to change the type of a column, and name the remedy', async () => {
        const changed = COLUMNS.map(column => (column.name === 'size' ? { ...column, type: 'string' as const } : column))
        await expect(warehouse.migrate(planWith(views, changed))).rejects.toMatchObject({
          code: 'plan_refused',
          message: expect.stringMatching(/size is string in the tracking plan, but its column is of type Int64: .*DROP COLUMN `size`/),
        })
      })

      test('refuse a property with the name of a fixed column', async () => {
        const clash = [...COLUMNS, { name: 'user_id', type: 'string', lowCardinality: false } as const]
        await expect(warehouse.migrate(planWith(views, clash))).rejects.toMatchObject({ code: 'plan_refused' })
      })

      test('keep rows for the retention time', async () => {
        const [table] = await warehouse.query<{ text: string }>(
          `SELECT create_table_query AS text FROM system.tables WHERE database = currentDatabase() AND name = 'events'`,
        )
        expect(table?.text).toContain('TTL toDateTime(timestamp) + toIntervalDay(1000)')
      })
    })

    // Early, while there are few parts to change.
    describeRollups(
      () => warehouse,
      () => views,
    )

    describeDurableEvents(
      () => warehouse,
      () => views,
    )

    describe('rows', () => {
      test('are returned as written, absent properties as null, without unknown ones', async () => {
        const full = { amount: -1.25, note: 'a"b\\c\n\u0001é😀\';--', ok: true, platform: 'linux', size: 9_007_199_254_740_991 }
        const newer = [...COLUMNS, { name: 'from_a_newer_plan', type: 'integer', lowCardinality: false } as const]
        const row = sale('full', { ...full, user_id: '00ff00ff00ff00ff', from_a_newer_plan: 1 })
        await warehouse.insertBlock('events', tableBlock(newer, [row, sale('bare')]), 'rows-1')
        const rows = await warehouse.query(
          `SELECT id, toUnixTimestamp64Milli(timestamp) AS timestamp, toUnixTimestamp64Milli(received_at) AS received_at, user_id, session_id,
            amount, note, ok, platform, size FROM events WHERE ${hasId('full', 'bare')} ORDER BY note`,
        )
        const empty = { amount: null, note: null, ok: null, platform: null, size: null }
        const times = { timestamp: AT, received_at: AT + 456, session_id: '' }
        expect(rows).toEqual([
          { id: hashText('full'), user_id: '00ff00ff00ff00ff', ...times, ...full },
          { id: hashText('bare'), user_id: '', ...times, ...empty },
        ])
      })

      test('a time before 2001 is exact', async () => {
        await warehouse.insertBlock('events', blockOf([sale('old', { timestamp: 5, user_id: '0f'.repeat(8) })]), 'rows-2')
        // The event itself is older than the retention and soon removed.
        expect(
          await warehouse.query(`SELECT toUnixTimestamp64Milli(first) AS first FROM user_first WHERE user_id = '0f0f0f0f0f0f0f0f'`),
        ).toEqual([{ first: 5 }])
      })

      test('need no final line end, and an empty insert stores nothing', async () => {
        const [bytes] = ndjson([{ partition: 5, minute: AT, accepted: 1 }])
        await warehouse.insert('ledger', [bytes?.subarray(0, -1) ?? new Uint8Array(), new Uint8Array()], 'rows-3')
        await warehouse.insert('ledger', [], 'rows-4')
        expect(await countOf(warehouse, 'ledger', 'partition = 5')).toBe(1)
      })

      test('are in the view of their kind, with its own columns', async () => {
        await warehouse.insertBlock('events', blockOf([{ ...sale('odd'), event: "it's", note: 'x' }]), 'rows-5')
        expect(await warehouse.query(`SELECT * FROM ${views}.odd`)).toEqual([
          {
            event: "it's",
            id: hashText('odd'),
            timestamp: '2026-01-15 12:30:15.123',
            received_at: '2026-01-15 12:30:15.579',
            user_id: null,
            session_id: null,
            note: 'x',
            remark: 'x',
            source: "'\\",
          },
        ])
      })

      test('of the other tables are stored in the format of the services', async () => {
        const at = AT - (AT % 60_000)
        await warehouse.insert(
          'ledger',
          ndjson([{ partition: 1, minute: at, accepted: 5, stored: 3, duplicates: 1, dead_lettered: 1, rejected: 2 }]),
          'rows-6',
        )
        await warehouse.insert('dead_letters', ndjson([{ at, partition: 1, offset: 7, reason: 'not JSON', bytes: 'AAH/' }]), 'rows-6')
        const alert = {
          at,
          rule: 'r',
          severity: 'P0',
          state: 'firing',
          fingerprint: 'f',
          labels: { a: 'b' },
          value: 0.5,
          threshold: 0.1,
          starts_at: at,
          ends_at: null,
        }
        await warehouse.insert('alert_history', ndjson([alert]), 'rows-6')
        expect(
          await warehouse.query('SELECT toUnixTimestamp64Milli(minute) AS minute, accepted, stored FROM ledger WHERE partition = 1'),
        ).toEqual([{ minute: at, accepted: 5, stored: 3 }])
        expect(await warehouse.query(`SELECT base64Decode(bytes) = unhex('0001FF') AS same FROM dead_letters`)).toEqual([{ same: 1 }])
        expect(await warehouse.query('SELECT labels, ends_at FROM alert_history')).toEqual([{ labels: { a: 'b' }, ends_at: null }])
      })
    })

    describeInserting(() => warehouse)
    describeQuerying(() => warehouse)

    test('reports its health', async () => {
      expect(await warehouse.health()).toEqual({ healthy: true, reason: 'answers' })
    })

    test('once closed it is unavailable, and closing twice is harmless', async () => {
      await underTest.close()
      await warehouse.close()
      await expect(warehouse.query('SELECT 1')).rejects.toBeInstanceOf(WarehouseUnavailable)
      expect(await warehouse.health()).toMatchObject({ healthy: false })
    })
  })
}

/** Expects that each of the batches 0…count-1, each sent until it was acknowledged, is stored once in every table. */
export async function expectStoredOnce(warehouse: Warehouse, count: number): Promise<void> {
  expect(await totals(warehouse)).toEqual(expectedTotals(count))
}
