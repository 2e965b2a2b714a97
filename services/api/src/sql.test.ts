import type { Warehouse } from '@northstar/clickhouse'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { createAccess, createHttpServer, createLogger, type HttpServer } from '@northstar/runtime'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sqlRoutes } from './sql.ts'

const NO_DOCUMENTS = { get: async () => null, put: async () => 1 }
let folder: TempFolder
let warehouse: Warehouse
let server: HttpServer

beforeAll(async () => {
  folder = await tempFolder('sql')
  warehouse = await openEmbeddedWarehouse({ folder: folder.path })
  await warehouse.migrate({ events: new Map(), columns: [] })
  server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    logger: createLogger('silent', 'test'),
    access: createAccess({ adminToken: 'admin', documents: NO_DOCUMENTS }),
    routes: [sqlRoutes({ warehouse, catalogue: { plan: { events: new Map(), columns: [] }, metrics: new Map() } })],
    health: async () => ({}),
  })
  await server.start()
})

afterAll(async () => {
  await server?.stop()
  await warehouse?.close()
  await folder?.remove()
})

async function post(body: unknown, token = 'admin') {
  const answer = await fetch(`${server.url()}/v1/sql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: answer.status, type: answer.headers.get('content-type'), bytes: Buffer.from(await answer.arrayBuffer()) }
}

test('rows as JSON, CSV and Parquet', async () => {
  const json = await post({ sql: "SELECT 1 AS n, 'x' AS t" })
  expect([json.status, JSON.parse(json.bytes.toString()).data]).toEqual([200, [{ n: 1, t: 'x' }]])
  const csv = await post({ sql: 'SELECT count() AS n FROM events', format: 'csv' })
  expect([csv.type, csv.bytes.toString()]).toEqual(['text/csv; charset=utf-8', '"n"\n0\n'])
  const parquet = await post({ sql: 'SELECT 1 AS n', format: 'parquet' })
  expect([parquet.type, parquet.bytes.subarray(0, 4).toString()]).toEqual(['application/vnd.apache.parquet', 'PAR1'])
})

test.each([
  [{ sql: 'DROP TABLE events' }, 400, 'query_failed'],
  [{ sql: "SELECT * FROM file('/etc/hostname', 'LineAsString')" }, 400, 'query_failed'],
  [{ sql: 'SELECT nothing' }, 400, 'query_failed'],
  [{ sql: 'SELECT * FROM numbers(3)', max_rows: 2 }, 400, 'query_failed'],
  [{ sql: 'SELECT sleep(2)', timeout_ms: 100 }, 400, 'query_failed'],
  [{ sql: 'SELECT 1', format: 'xml' }, 400, 'unknown_value'],
  [{ query: 'SELECT 1' }, 400, 'bad_value'],
])('%j answers %i', async (body, status, code) => {
  const answer = await post(body)
  expect([answer.status, JSON.parse(answer.bytes.toString()).code]).toEqual([status, code])
})

test('only for who may do everything', async () => {
  expect((await post({ sql: 'SELECT 1' }, 'other')).status).toBe(401)
})
