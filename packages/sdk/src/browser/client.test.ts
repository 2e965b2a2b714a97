import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { allSent, startNorthstarLike } from '../testing.test-data.ts'
import { createClient, hashUserId } from './index.ts'
import type { KeyValueStore } from './scope.ts'

function createStorage(limit = Number.POSITIVE_INFINITY): KeyValueStore {
  const entries = new Map<string, string>()
  return {
    get length() {
      return entries.size
    },
    key: index => [...entries.keys()][index] ?? null,
    getItem: key => entries.get(key) ?? null,
    setItem(key, value) {
      if (entries.size >= limit) throw new Error('QuotaExceededError')
      entries.set(key, value)
    },
    removeItem: key => void entries.delete(key),
  }
}

let server: Awaited<ReturnType<typeof startNorthstarLike>>
beforeEach(async () => {
  server = await startNorthstarLike()
})
afterEach(async () => {
  vi.unstubAllGlobals()
  await server.stop()
})

const start = () => createClient<{ ping: object }>({ url: server.url, writeKey: 'a-key', app: 'demo', notice: false })

test('events of a page that was left are sent by the next one, once each', async () => {
  const storage = createStorage()
  vi.stubGlobal('localStorage', storage)
  server.script('reset')
  const page = start()
  page.capture('ping')
  await page.flush()
  await page.close()
  expect(page.status().waiting).toBe(1)
  const next = start()
  next.capture('ping')
  // The pause after the failed attempt ends.
  await allSent(next, () => storage.removeItem('northstar.demo.spool.pause'))
  const ids = server.events().map(({ id }) => id)
  expect(new Set(ids).size).toBe(2)
})

test('without storage, or with a full one, the program goes on', async () => {
  const without = start()
  without.capture('ping')
  await allSent(without)
  expect(server.events().length).toBe(1)
  vi.stubGlobal('localStorage', createStorage(2))
  const full = start()
  full.capture('ping')
  full.capture('ping')
  full.capture('ping')
  expect(full.status()).toMatchObject({ waiting: 1, dropped: 2 })
})

test('a browser that asks not to be tracked sends nothing', async () => {
  vi.stubGlobal('navigator', { globalPrivacyControl: true })
  const client = start()
  client.capture('ping')
  await client.flush()
  expect(client.status().reason).toBe('do_not_track')
  expect(server.requests).toEqual([])
})

test('a page that was not loaded over TLS has no randomUUID, and ids nonetheless', async () => {
  const { crypto } = globalThis
  vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array) => crypto.getRandomValues(bytes) })
  const client = start()
  client.capture('ping')
  client.capture('ping')
  await allSent(client)
  const ids = server.events().map(({ id }) => id)
  expect(new Set(ids).size).toBe(2)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('a request outlives its page only as far as browsers allow, by its bytes', async () => {
  const keepalive: (readonly [alive: boolean | undefined, bytes: number])[] = []
  vi.stubGlobal('CompressionStream', undefined)
  vi.stubGlobal('fetch', async (_: string, { keepalive: alive, body }: { keepalive?: boolean; body: Uint8Array }) => {
    keepalive.push([alive, body.byteLength])
    return new Response('{"rejected":[]}', { status: 202 })
  })
  const client = start()
  client.capture('ping')
  await allSent(client)
  for (let i = 0; i < 10; i++) client.capture('ping', { text: '日'.repeat(5_000) })
  await allSent(client)
  expect(keepalive.map(([alive]) => alive)).toEqual([true, false])
  expect(keepalive[1]?.[1]).toBeGreaterThan(64 * 1024)
})

test('a user’s name has the same hash as under Node', async () => {
  expect(await hashUserId('demo', 'alice')).toBe(await (await import('../node/index.ts')).hashUserId('demo', 'alice'))
})
