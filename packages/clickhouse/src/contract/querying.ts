import { describe, expect, test } from 'vitest'
import { QueryFailed, type Warehouse } from '../port.ts'
import { AT, blockOf, ndjson, sale } from './batches.ts'

/** Tests that queries are answered and do nothing else. */
export function describeQuerying(warehouse: () => Warehouse): void {
  describe('external input', () => {
    test('invalid names and tokens throw', async () => {
      for (const table of ['events; DROP TABLE ledger', 'events`', "events'", 'a.b', '', 'events SETTINGS x = 1 --'])
        await expect(warehouse().insertBlock(table, blockOf([sale('x')]), 'token')).rejects.toBeInstanceOf(TypeError)
      for (const token of ["a'", 'a\\', '', 'a b', "', insert_deduplicate = 0 --", 'x'.repeat(129)])
        await expect(warehouse().insertBlock('events', blockOf([sale('x')]), token)).rejects.toBeInstanceOf(TypeError)
    })

    test('parameters are values, whatever they contain', async () => {
      const values = ["'; DROP TABLE ledger; --", 'a\\', "\\'", 'tab\there', 'line\nend', '\r', '{x:String}', '\\N', '', 'é😀', 'NULL', '%']
      for (const value of values) {
        expect(
          await warehouse().query('SELECT {value:String} AS value, {list:Array(String)} AS list', {
            params: { value, list: [value, value] },
          }),
        ).toEqual([{ value, list: [value, value] }])
      }
      expect(
        await warehouse().query('SELECT {i:Int64} AS i, {f:Float64} AS f, {b:Bool} AS b, {l:Array(UInt32)} AS l', {
          params: { i: -5, f: 0.5, b: true, l: [1, 2] },
        }),
      ).toEqual([{ i: -5, f: 0.5, b: true, l: [1, 2] }])
    })

    test('parameters of concurrent queries do not mix', async () => {
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, value) =>
          warehouse().query<{ value: number }>('SELECT {value:UInt32} AS value', { params: { value } }),
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
      await expect(warehouse().query(sql)).rejects.toBeInstanceOf(QueryFailed)
    })
  })

  describe('queries', () => {
    test('safe integers are numbers, others are strings', async () => {
      expect(
        await warehouse().query(
          `SELECT toUInt64(9007199254740991) AS a, 9007199254740993 AS b, -9223372036854775808 AS c, '9007199254740993' AS d, 0.12345678901234568 AS e`,
        ),
      ).toEqual([
        { a: 9_007_199_254_740_991, b: '9007199254740993', c: '-9223372036854775808', d: '9007199254740993', e: 0.12345678901234568 },
      ])
    })

    test('an invalid one fails permanently', async () => {
      for (const sql of ['SELECT', 'SELECT nothing', 'SELECT 1 FROM nowhere', 'SELECT {missing:String}']) {
        await expect(warehouse().query(sql)).rejects.toMatchObject({ code: 'query_failed', retryable: false })
      }
    })

    test('a slow one is ended, and its limit applies to it alone', async () => {
      await expect(
        warehouse().query('SELECT sum(cityHash64(number)) FROM numbers(1000000000000)', { timeoutMs: 300 }),
      ).rejects.toBeInstanceOf(QueryFailed)
      expect(await warehouse().query('SELECT sleep(0.5) AS slept')).toEqual([{ slept: 0 }])
    })

    test('a slow one delays neither inserts nor other queries', async () => {
      let slow = 'running'
      const sleeping = warehouse()
        .query('SELECT sleep({seconds:Float64})', { params: { seconds: 3 } })
        .finally(() => {
          slow = 'done'
        })
      for (let number = 0; number < 3; number++) {
        await warehouse().insert('ledger', ndjson([{ partition: 7, minute: AT, accepted: 1 }]), `slow-${number}`)
        expect(await warehouse().query('SELECT sum(accepted) AS n FROM ledger WHERE partition = {p:UInt32}', { params: { p: 7 } })).toEqual(
          [{ n: number + 1 }],
        )
      }
      expect(slow).toBe('running')
      await sleeping
    })
  })

  test('an urgent query does not wait for others', async () => {
    const flood = Array.from({ length: 6 }, () =>
      warehouse()
        .query('SELECT sleep(1)')
        .catch(() => {}),
    )
    const began = performance.now()
    for (let i = 0; i < 5; i++) expect(await warehouse().query('SELECT 1 AS n', { urgent: true })).toEqual([{ n: 1 }])
    expect(performance.now() - began).toBeLessThan(900)
    await Promise.all(flood)
  })

  describe('documents', () => {
    const text = async (sql: string, format: 'json' | 'csv') => Buffer.from(await warehouse().export(sql, { format })).toString()

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
      const parquet = Buffer.from(await warehouse().export(sql, { format: 'parquet' }))
      expect([parquet.subarray(0, 4).toString(), parquet.subarray(-4).toString()]).toEqual(['PAR1', 'PAR1'])
    })

    test('infinities and NaN are told apart from null', async () => {
      const sql = "SELECT 1/0 AS i, -1/0 AS m, toFloat64('nan') AS n, toNullable(NULL) AS o"
      expect(JSON.parse(await text(sql, 'json'))).toMatchObject({ data: [{ i: 'inf', m: '-inf', n: 'nan', o: null }] })
      expect(await text(sql, 'csv')).toBe('"i","m","n","o"\ninf,-inf,nan,\n')
    })

    test.for([
      'SELECT NULL AS n, 1 AS one',
      'SELECT [] AS a',
      "SELECT toIntervalDay(1) AS i, 'x' AS t",
      'SELECT toNullable(1) AS n UNION ALL SELECT NULL',
    ])('as Parquet with a column without a Parquet type: %s', async sql => {
      const parquet = Buffer.from(await warehouse().export(sql, { format: 'parquet' }))
      expect(parquet.subarray(-4).toString()).toBe('PAR1')
    })

    test('as CSV without formulas and controls, with numbers as they are, and null apart from an empty text', async () => {
      const cells = [
        "'=1+1'",
        "'  @x'",
        "'＋x'",
        '-2.5',
        "''",
        'NULL',
        "toNullable('-x')",
        "'a\\x1b[31m'",
        "'two\\nlines'",
        "toDate('2026-01-15')",
      ]
      const names = cells.map((_, i) => `c${i}`)
      const sql = `SELECT ${cells.map((cell, i) => `${cell} AS c${i}`).join(', ')}`
      const [head, ...rows] = (await text(sql, 'csv')).split('\n')
      expect(head).toBe(names.map(name => `"${name}"`).join(','))
      expect(rows.join('\n')).toBe(`"'=1+1","'  @x","'＋x",-2.5,"",,"'-x","a\ufffd[31m","two\nlines","2026-01-15"\n`)
    })

    test('a syntax error has its position', async () => {
      const position = (sql: string) =>
        warehouse()
          .export(sql, { format: 'csv' })
          .catch(error => error.position)
      const text = "SELECT 'é',\n  FROM events WHERE"
      expect(await position(text)).toBe(text.length)
      expect(await position('SELECT 1; SELECT 2')).toBe(8)
    })

    test('within limits of rows and time', async () => {
      await expect(warehouse().export('SELECT * FROM numbers(11)', { format: 'csv', maxRows: 10 })).rejects.toBeInstanceOf(QueryFailed)
      expect(await text('SELECT count() AS n FROM numbers(1000000)', 'csv')).toBe('"n"\n1000000\n')
      await expect(
        warehouse().export('SELECT sum(cityHash64(number)) FROM numbers(1000000000000)', { format: 'csv', timeoutMs: 300 }),
      ).rejects.toBeInstanceOf(QueryFailed)
    })

    test.for([
      'DROP TABLE ledger',
      'SELECT 1; DROP TABLE ledger',
      "SELECT 1 INTO OUTFILE '/tmp/x'",
      'SELECT 1 SETTINGS max_result_rows = 0',
      'SELECT 1; SELECT 2',
      "SELECT '#' AS a, file/**/('/etc/hostname')",
      "SELECT * FROM file('/etc/hostname', 'LineAsString')",
      "DESCRIBE TABLE url('http://127.0.0.1:1/x', 'JSONEachRow')",
      "SELECT 1 WHERE 1 IN (SELECT * FROM remote('127.0.0.1:1', system.one))",
      "WITH x AS (SELECT * FROM s3('http://127.0.0.1:1/x')) SELECT * FROM x",
      'SELECT * FROM system.processes',
      'SELECT 1 WHERE 1 IN system.settings',
      "SELECT getSetting('max_threads')",
      "SELECT dictGet('d', 'a', 1)",
      'SELECT 1 AS `x\\n    Function count (children 1)`, hostName()',
      'SELECT * FROM other.events',
      'SELECT 1 FORMAT TSV',
    ])('that only read: %s', async sql => {
      await expect(warehouse().export(sql, { format: 'csv' })).rejects.toBeInstanceOf(QueryFailed)
      expect(await warehouse().query('EXISTS TABLE ledger')).toEqual([{ result: 1 }])
    })

    test.for(['DROP TABLE ledger', 'INSERT INTO ledger VALUES (1)', 'SELECT 1 FORMAT TSV'])('with a clear message: %s', async sql => {
      await expect(warehouse().export(sql, { format: 'csv' })).rejects.toThrow('only statements that read are allowed')
    })

    test.for([
      "SELECT count(*), uniqExactIf(user_id, event = 'x'), quantile(0.5)(toFloat64(1)), COUNT(DISTINCT id) FROM events",
      'SELECT number, sum(number) OVER (ORDER BY number ROWS 2 PRECEDING) FROM numbers(3) ORDER BY number DESC LIMIT 2',
      'WITH e AS (SELECT event, toStartOfWeek(timestamp) AS week FROM events) SELECT week, topK(3)(event) FROM e GROUP BY week WITH TOTALS',
      "SELECT a.event, dateDiff('day', a.timestamp, b.timestamp) FROM events a LEFT JOIN events b USING (id) WHERE a.event NOT IN ('x')",
      "SELECT arrayMap(x -> x + 1, [1, 2]), CASE WHEN 1 THEN 2 ELSE 3 END, today() + INTERVAL 1 DAY, 1::String UNION ALL SELECT [1], 1, today(), 'a'",
      'SELECT name FROM system.tables WHERE database = currentDatabase()',
      'SHOW TABLES',
      'DESCRIBE TABLE events',
    ])('that analysts write: %s', async sql => {
      expect(await text(sql, 'csv')).toMatch(/^".+"\n/)
    })

    test('without hidden columns and tables', async () => {
      const rights = { format: 'csv', hiddenColumns: ['user_id'], hiddenTables: ['dead_letters'] } as const
      for (const sql of [
        'SELECT user_id FROM events',
        'SELECT e.user_id AS x FROM events AS e',
        "SELECT count() FROM events WHERE user_id LIKE 'a%'",
        'SELECT * FROM events',
        'SELECT e.* FROM events AS e',
        "SELECT COLUMNS('user') FROM events",
        'SELECT n FROM (SELECT *, 1 AS n FROM events)',
        'SELECT bytes FROM dead_letters',
      ])
        await expect(warehouse().export(sql, rights), sql).rejects.toBeInstanceOf(QueryFailed)
      expect(Buffer.from(await warehouse().export('SELECT count(*) AS n, uniq(event) AS e FROM events', rights)).toString()).toMatch(/^"n"/)
    })
  })
}
