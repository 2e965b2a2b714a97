import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { QueryFailed, RowsRefused, type Warehouse, WarehouseUnavailable } from '../index.ts'
import { expectedTotals, ndjson, numberedBatch, ROWS_PER_BATCH, totals } from './batches.ts'
import { COLUMNS, planWith } from './plan.ts'

/** How the suite comes by the warehouse under test. */
export interface WarehouseUnderTest {
  /** A warehouse that was never migrated and keeps rows for 1,000 days; `views` is a database for its per-event views. */
  open(): Promise<{ readonly warehouse: Warehouse; readonly views: string }>
  close(): Promise<void>
}

const AT = Date.UTC(2026, 0, 15, 12, 30, 15, 123)
const sale = (id: string, fields: object = {}) => ({
  event: 'sale',
  id,
  timestamp: AT,
  received_at: AT + 456,
  user_id: '',
  session_id: '',
  ...fields,
})

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

    const count = async (table: string, where = '1', params: Record<string, string> = {}) =>
      (await warehouse.query<{ n: number }>(`SELECT count() AS n FROM ${table} WHERE ${where}`, { params }))[0]?.n

    describe('migrations', () => {
      test('before them an insert can be tried again later', async () => {
        await expect(warehouse.insert('events', ndjson([sale('early')]), 'early')).rejects.toBeInstanceOf(WarehouseUnavailable)
      })

      test('make everything once', async () => {
        const { applied } = await warehouse.migrate(planWith(views))
        expect(applied).toContain('001-events')
        expect(applied).toContain(`columns ${COLUMNS.map(column => column.name).join(', ')}`)
        expect((await warehouse.migrate(planWith(views))).applied).toEqual([])
      })

      test('add the column and the view that a new property brings', async () => {
        const columns = [...COLUMNS, { name: 'region', type: 'string', lowCardinality: true } as const]
        expect((await warehouse.migrate(planWith(views, columns))).applied).toEqual(['columns region'])
        expect(
          await warehouse.query(
            `SELECT type FROM system.columns WHERE database = currentDatabase() AND table = 'events' AND name = 'region'`,
          ),
        ).toEqual([{ type: 'LowCardinality(Nullable(String))' }])
      })

      test('refuse to change what a column holds, and say what to do', async () => {
        const changed = COLUMNS.map(column => (column.name === 'size' ? { ...column, type: 'string' as const } : column))
        await expect(warehouse.migrate(planWith(views, changed))).rejects.toMatchObject({
          code: 'plan_refused',
          message: expect.stringMatching(/size is string in the tracking plan, but its column holds Int64: .*DROP COLUMN `size`/),
        })
      })

      test('refuse a property with the name of a fixed column', async () => {
        const clash = [...COLUMNS, { name: 'user_id', type: 'string', lowCardinality: false } as const]
        await expect(warehouse.migrate(planWith(views, clash))).rejects.toMatchObject({ code: 'plan_refused' })
      })

      test('keep rows for as long as told', async () => {
        const [table] = await warehouse.query<{ text: string }>(
          `SELECT create_table_query AS text FROM system.tables WHERE database = currentDatabase() AND name = 'events'`,
        )
        expect(table?.text).toContain('TTL toDateTime(timestamp) + toIntervalDay(1000)')
      })
    })

    describe('rows', () => {
      test('come back as they were written, absent properties as null, unknown ones left out', async () => {
        const full = { amount: -1.25, note: 'a"b\\c\n\u0001é😀\';--', ok: true, platform: 'linux', size: 9_007_199_254_740_991 }
        await warehouse.insert(
          'events',
          ndjson([sale('full', { ...full, user_id: '00ff00ff00ff00ff', from_a_newer_plan: 1 }), sale('bare')]),
          'rows-1',
        )
        const rows = await warehouse.query(
          `SELECT id, toUnixTimestamp64Milli(timestamp) AS timestamp, toUnixTimestamp64Milli(received_at) AS received_at, user_id, session_id,
            amount, note, ok, platform, size FROM events WHERE id IN ('full', 'bare') ORDER BY id`,
        )
        const empty = { amount: null, note: null, ok: null, platform: null, size: null }
        const times = { timestamp: AT, received_at: AT + 456, session_id: '' }
        expect(rows).toEqual([
          { id: 'bare', user_id: '', ...times, ...empty },
          { id: 'full', user_id: '00ff00ff00ff00ff', ...times, ...full },
        ])
      })

      test('a time before 2001 is still taken for milliseconds', async () => {
        await warehouse.insert('events', ndjson([sale('old', { timestamp: 5, user_id: 'first-of-all' })]), 'rows-2')
        // The event itself is older than the retention and soon removed.
        expect(
          await warehouse.query(`SELECT toUnixTimestamp64Milli(first) AS first FROM user_first WHERE user_id = 'first-of-all'`),
        ).toEqual([{ first: 5 }])
      })

      test('need no line end after the last, and none at all is nothing', async () => {
        const [bytes] = ndjson([sale('endless')])
        await warehouse.insert('events', [bytes?.subarray(0, -1) ?? new Uint8Array(), new Uint8Array()], 'rows-3')
        await warehouse.insert('events', [], 'rows-4')
        expect(await count('events', `id = 'endless'`)).toBe(1)
      })

      test('are seen through the view of their kind, with its own columns', async () => {
        await warehouse.insert('events', ndjson([{ ...sale('odd'), event: "it's", note: 'x' }]), 'rows-5')
        expect(await warehouse.query(`SELECT * FROM ${views}.odd`)).toEqual([
          {
            event: "it's",
            id: 'odd',
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

      test('of the other tables load as the services write them', async () => {
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
        expect(await warehouse.query('SELECT toUnixTimestamp64Milli(minute) AS minute, accepted, stored FROM ledger')).toEqual([
          { minute: at, accepted: 5, stored: 3 },
        ])
        expect(await warehouse.query(`SELECT base64Decode(bytes) = unhex('0001FF') AS same FROM dead_letters`)).toEqual([{ same: 1 }])
        expect(await warehouse.query('SELECT labels, ends_at FROM alert_history')).toEqual([{ labels: { a: 'b' }, ends_at: null }])
      })
    })

    describe('tokens', () => {
      test('the same token counts once, in the table and in every view, whenever it comes again', async () => {
        const before = await totals(warehouse)
        const batches = Array.from({ length: 4 }, (_, number) => numberedBatch(number))
        for (const { rows, token } of [...batches, ...batches, ...batches.toReversed()]) await warehouse.insert('events', rows, token)
        const after = await totals(warehouse)
        for (const figure of ['rows', 'hourly'] as const) expect((after?.[figure] ?? 0) - (before?.[figure] ?? 0)).toBe(4 * ROWS_PER_BATCH)
      })

      test('the same token sent at once from several places counts once', async () => {
        const { rows, token } = numberedBatch(4)
        const before = await totals(warehouse)
        await Promise.all(Array.from({ length: 6 }, () => warehouse.insert('events', rows, token)))
        const after = await totals(warehouse)
        for (const figure of ['rows', 'hourly'] as const) expect((after?.[figure] ?? 0) - (before?.[figure] ?? 0)).toBe(ROWS_PER_BATCH)
      })

      test('equal rows under two tokens count twice', async () => {
        const minute = Date.UTC(2026, 5, 1)
        const rows = ndjson([{ partition: 9, minute, accepted: 10, stored: 10, duplicates: 0, dead_lettered: 0, rejected: 0 }])
        const letters = ndjson([{ at: minute, partition: 9, offset: 1, reason: 'r', bytes: '' }])
        const hourly = async () => (await totals(warehouse))?.hourly ?? 0
        const before = await hourly()
        for (const token of ['twin-1', 'twin-2', 'twin-1', 'twin-2']) {
          await warehouse.insert('ledger', rows, token)
          await warehouse.insert('dead_letters', letters, token)
          await warehouse.insert('events', ndjson([sale('twin')]), token)
        }
        expect(await warehouse.query('SELECT sum(accepted) AS accepted FROM ledger WHERE partition = 9')).toEqual([{ accepted: 20 }])
        expect(await count('dead_letters', 'partition = 9')).toBe(2)
        expect(await hourly()).toBe(before + 2)
        // In `events` an id is one event: what merges have not removed yet, FINAL leaves out.
        expect(await count('events FINAL', `id = 'twin'`)).toBe(1)
      })

      test('a token is forgotten by the statements after it', async () => {
        for (let number = 0; number < 5; number++) {
          await warehouse.insert('ledger', ndjson([{ partition: 8, minute: AT, accepted: 1 }]), `sticky-${number}`)
          await warehouse.query('SELECT 1')
        }
        expect(await warehouse.query('SELECT sum(accepted) AS accepted FROM ledger WHERE partition = 8')).toEqual([{ accepted: 5 }])
      })

      test('rows of many months under one token', async () => {
        const rows = ndjson(
          Array.from({ length: 150 }, (_, month) => sale(`month-${month}`, { timestamp: Date.UTC(2025, month % 150, 3) })),
        )
        for (let time = 0; time < 3; time++) await warehouse.insert('events', rows, 'months')
        expect(await count('events', `startsWith(id, 'month-')`)).toBe(150)
        // A part a month and table, each flushed to disk.
      }, 120_000)
    })

    describe('rows refused', () => {
      const bad: readonly (readonly [string, string])[] = [
        ['a value of another type', JSON.stringify(sale('bad', { size: 'large' }))],
        ['cut off', JSON.stringify(sale('bad')).slice(0, -9)],
        ['not JSON', 'hello'],
        ['another statement after a line end', `${JSON.stringify(sale('bad'))}\n;DROP TABLE ledger`],
        ['another statement on the line', `${JSON.stringify(sale('bad'))};DROP TABLE ledger;SELECT 1`],
        ['another statement after a blank line', `${JSON.stringify(sale('bad'))}\n\n;\nDROP TABLE ledger;`],
      ]
      for (const [index, [what, text]] of bad.entries()) {
        test(`${what}: nothing of the batch is stored, and its token is free`, async () => {
          const before = await totals(warehouse)
          const good = ndjson(Array.from({ length: 1000 }, (_, place) => sale(`good-${index}-${place}`)))
          await expect(warehouse.insert('events', [...good, Buffer.from(text), ...good], `refused-${index}`)).rejects.toBeInstanceOf(
            RowsRefused,
          )
          expect(await totals(warehouse)).toEqual(before)
          expect(await warehouse.query('EXISTS TABLE ledger')).toEqual([{ result: 1 }])
          await warehouse.insert('events', good, `refused-${index}`)
          expect((await totals(warehouse))?.hourly).toBe((before?.hourly ?? 0) + 1000)
        })
      }

      test('at the end of a batch larger than any block', async () => {
        const before = await totals(warehouse)
        const chunk = Buffer.from(`${JSON.stringify(sale('big', { size: 1 }))}\n`.repeat(10_000))
        const rows = [...Array.from({ length: 120 }, () => chunk), Buffer.from('{"size": "x"}\n')]
        await expect(warehouse.insert('events', rows, 'refused-big')).rejects.toBeInstanceOf(RowsRefused)
        expect(await totals(warehouse)).toEqual(before)
      })
    })

    describe('what comes from outside', () => {
      test('names and tokens that are none are mistakes of the program', async () => {
        for (const table of ['events; DROP TABLE ledger', 'events`', "events'", 'a.b', '', 'events SETTINGS x = 1 --'])
          await expect(warehouse.insert(table, ndjson([sale('x')]), 'token')).rejects.toBeInstanceOf(TypeError)
        for (const token of ["a'", 'a\\', '', 'a b', "', insert_deduplicate = 0 --", 'x'.repeat(129)])
          await expect(warehouse.insert('events', ndjson([sale('x')]), token)).rejects.toBeInstanceOf(TypeError)
      })

      test('parameters are values, whatever they hold', async () => {
        const values = [
          "'; DROP TABLE ledger; --",
          'a\\',
          "\\'",
          'tab\there',
          'line\nend',
          '\r',
          '{x:String}',
          '\\N',
          '',
          'é😀',
          'NULL',
          '%',
        ]
        for (const value of values) {
          expect(
            await warehouse.query('SELECT {value:String} AS value, {list:Array(String)} AS list', {
              params: { value, list: [value, value] },
            }),
          ).toEqual([{ value, list: [value, value] }])
        }
        expect(
          await warehouse.query('SELECT {i:Int64} AS i, {f:Float64} AS f, {b:Bool} AS b, {l:Array(UInt32)} AS l', {
            params: { i: -5, f: 0.5, b: true, l: [1, 2] },
          }),
        ).toEqual([{ i: -5, f: 0.5, b: true, l: [1, 2] }])
      })

      test('parameters of queries at the same time do not mix', async () => {
        const answers = await Promise.all(
          Array.from({ length: 40 }, (_, value) =>
            warehouse.query<{ value: number }>('SELECT {value:UInt32} AS value', { params: { value } }),
          ),
        )
        expect(answers.map(([row]) => row?.value)).toEqual(Array.from({ length: 40 }, (_, value) => value))
      })

      test.for([
        `INSERT INTO ledger (partition) VALUES (1)`,
        'DROP TABLE ledger',
        'SET readonly = 0',
        'SELECT 1 SETTINGS readonly = 0',
        'SELECT 1 SETTINGS max_execution_time = 0',
        `SELECT file('/etc/hostname')`,
        "SELECT `file`('/etc/hostname')",
        `SELECT file/**/('/etc/hostname')`,
        `SELECT * FROM file('/etc/hostname', 'LineAsString')`,
        `SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')`,
        `SELECT 1 INTO OUTFILE '/tmp/northstar-outfile'`,
        `SELECT 1 INTO/**/OUTFILE '/tmp/northstar-outfile'`,
        'KILL QUERY WHERE 1',
        'SYSTEM SHUTDOWN',
      ])('a query only reads tables: %s', async sql => {
        await expect(warehouse.query(sql)).rejects.toBeInstanceOf(QueryFailed)
      })
    })

    describe('queries', () => {
      test('integers come as numbers where they are safe, as strings where not', async () => {
        expect(
          await warehouse.query(
            `SELECT toUInt64(9007199254740991) AS a, 9007199254740993 AS b, -9223372036854775808 AS c, '9007199254740993' AS d, 0.12345678901234568 AS e`,
          ),
        ).toEqual([
          { a: 9_007_199_254_740_991, b: '9007199254740993', c: '-9223372036854775808', d: '9007199254740993', e: 0.12345678901234568 },
        ])
      })

      test('a wrong one fails for good', async () => {
        for (const sql of ['SELECT', 'SELECT nothing', 'SELECT 1 FROM nowhere', 'SELECT {missing:String}']) {
          await expect(warehouse.query(sql)).rejects.toMatchObject({ code: 'query_failed', retryable: false })
        }
      })

      test('one that takes too long is ended, and its limit is its own', async () => {
        await expect(
          warehouse.query('SELECT sum(cityHash64(number)) FROM numbers(1000000000000)', { timeoutMs: 300 }),
        ).rejects.toBeInstanceOf(QueryFailed)
        expect(await warehouse.query('SELECT sleep(0.5) AS slept')).toEqual([{ slept: 0 }])
      })

      test('a slow one holds up neither inserts nor other queries', async () => {
        let slow = 'running'
        const sleeping = warehouse.query('SELECT sleep({seconds:Float64})', { params: { seconds: 3 } }).finally(() => {
          slow = 'done'
        })
        for (let number = 0; number < 3; number++) {
          await warehouse.insert('ledger', ndjson([{ partition: 7, minute: AT, accepted: 1 }]), `slow-${number}`)
          expect(await warehouse.query('SELECT sum(accepted) AS n FROM ledger WHERE partition = {p:UInt32}', { params: { p: 7 } })).toEqual(
            [{ n: number + 1 }],
          )
        }
        expect(slow).toBe('running')
        await sleeping
      })
    })

    describe('documents', () => {
      const text = async (sql: string, format: 'json' | 'csv') => Buffer.from(await warehouse.export(sql, { format })).toString()

      test('as JSON, CSV and Parquet', async () => {
        const sql = "SELECT toUInt64(18446744073709551615) AS n, 'a\"b' AS t -- the largest;"
        expect(JSON.parse(await text(sql, 'json'))).toMatchObject({
          meta: [
            { name: 'n', type: 'UInt64' },
            { name: 't', type: 'String' },
          ],
          data: [{ n: '18446744073709551615', t: 'a"b' }],
        })
        expect(await text(`${sql}\n;`, 'csv')).toBe('"n","t"\n18446744073709551615,"a""b"\n')
        const parquet = Buffer.from(await warehouse.export(sql, { format: 'parquet' }))
        expect([parquet.subarray(0, 4).toString(), parquet.subarray(-4).toString()]).toEqual(['PAR1', 'PAR1'])
      })

      test('of no more rows than allowed, and in no more time', async () => {
        await expect(warehouse.export('SELECT * FROM numbers(11)', { format: 'csv', maxRows: 10 })).rejects.toBeInstanceOf(QueryFailed)
        expect(await text('SELECT count() AS n FROM numbers(1000000)', 'csv')).toBe('"n"\n1000000\n')
        await expect(
          warehouse.export('SELECT sum(cityHash64(number)) FROM numbers(1000000000000)', { format: 'csv', timeoutMs: 300 }),
        ).rejects.toBeInstanceOf(QueryFailed)
      })

      test.for([
        'DROP TABLE ledger',
        'SELECT 1; DROP TABLE ledger',
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        'SELECT 1 SETTINGS max_result_rows = 0',
      ])('that only read: %s', async sql => {
        await expect(warehouse.export(sql, { format: 'csv' })).rejects.toBeInstanceOf(QueryFailed)
        expect(await warehouse.query('EXISTS TABLE ledger')).toEqual([{ result: 1 }])
      })
    })

    test('says how it is', async () => {
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

/** What every crash must leave once the batches 0…count-1 were each sent until acknowledged: all of it once, everywhere. */
export async function expectStoredOnce(warehouse: Warehouse, count: number): Promise<void> {
  expect(await totals(warehouse)).toEqual(expectedTotals(count))
}
