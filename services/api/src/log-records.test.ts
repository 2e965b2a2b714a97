import { openEventLog } from '@northstar/event-log/open'
import { encodeRecord, encodeRows, encodeTally, hashText, type Row } from '@northstar/events'
import type { LogPage } from '@northstar/http-api'
import { createHttpServer, createLogger, type HttpServer } from '@northstar/runtime'
import { everyoneIsAdmin, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { logRecordsRoutes } from './log-records.ts'

const AT = Date.parse('2026-02-01T12:00:00Z')
const columns = [{ name: 'category', type: 'string', lowCardinality: true }] as const
const row = (id: string): Row => ({
  event: 'run',
  id,
  timestamp: AT,
  received_at: AT + 5,
  user_id: '',
  session_id: '00ff00ff00ff00ff',
  category: id,
})

let folder: TempFolder
let log: Awaited<ReturnType<typeof openEventLog>>
let server: HttpServer

beforeAll(async () => {
  folder = await tempFolder('log-records')
  const logger = createLogger('silent', 'test')
  log = await openEventLog({ product: 'test', folder: folder.path, partitions: 2 }, { logger, clientId: 'test' })
  const record = (...ids: string[]) => encodeRecord(encodeRows(columns, ids.map(row)))
  for (const encoded of [record('a', 'b'), encodeTally({ wrong_type: 1 }), { value: Buffer.from('?'), headers: {} }, record('c')])
    await log.append([{ partition: 1, ...encoded }])
  const routes = [logRecordsRoutes({ log, timezone: 'Europe/Prague', plan: { events: new Map(), columns: [] } })]
  server = createHttpServer({ host: '127.0.0.1', port: 0, logger, access: everyoneIsAdmin, routes, health: async () => ({}) })
  await server.start()
})
afterAll(async () => {
  await server?.stop()
  await log?.close()
  await folder?.remove()
})

async function read(path: string) {
  const answer = await fetch(server.url() + path)
  return { status: answer.status, page: (await answer.json()) as LogPage }
}

test('the events of a partition in order, whole records at a time, and records that cannot be read', async () => {
  const { page } = await read('/v1/log/1')
  expect(page).toMatchObject({ partitions: 2, next: 4 })
  expect(page.events[0]).toEqual({
    partition: 1,
    offset: 0,
    appended_at: expect.stringMatching(/^20/),
    event: 'run',
    timestamp: '2026-02-01T12:00:00.000Z',
    received_at: '2026-02-01T12:00:00.005Z',
    id: hashText('a'),
    user_id: '',
    session_id: '00ff00ff00ff00ff',
    category: 'a',
  })
  expect(page.events.map(event => [event.offset, event.category ?? event.damage])).toEqual([
    [0, 'a'],
    [0, 'b'],
    [2, 'no_version'],
    [3, 'c'],
  ])
  expect((await read('/v1/log/1?limit=1')).page).toMatchObject({ next: 1, events: [{ category: 'a' }, { category: 'b' }] })
  expect((await read('/v1/log/0')).page).toEqual({ partitions: 2, events: [], next: 0 })
})

test('from an offset or a time', async () => {
  expect((await read('/v1/log/1?from=3')).page.events).toMatchObject([{ category: 'c' }])
  for (const from of ['4', '9', '2999-01-01']) expect((await read(`/v1/log/1?from=${from}`)).page).toMatchObject({ events: [], next: 4 })
  expect((await read('/v1/log/1?from=2020-01-01')).page.events).toHaveLength(4)
})

test('a partition that is not there, and a start that is none', async () => {
  expect((await read('/v1/log/2')).status).toBe(404)
  expect((await read('/v1/log/1?from=yesterday')).status).toBe(400)
})
