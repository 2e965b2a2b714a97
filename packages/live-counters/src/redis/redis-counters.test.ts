import { randomUUID } from 'node:crypto'
import { type RunningRedisCluster, startCuttingProxy, startRedis, startRedisCluster } from '@northstar/testkit'
import { serverFor } from '@northstar/testkit/vitest'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { liveCountersContract } from '../contract/live-counters-contract.ts'
import { seeded } from '../contract/random-rows.ts'
import type { LiveCounters, Position } from '../index.ts'
import { connectRedisCounters } from './redis-counters.ts'

const url = serverFor('redis')
let cluster: RunningRedisCluster

describe.skipIf(!url)('live counters in Redis', () => {
  const now = () => Date.now()
  const bucket = () => `1h:${Math.floor(Date.now() / 3_600_000) * 3_600_000}` as const

  beforeAll(async () => {
    cluster = await startRedisCluster({ tls: inject('certificate'), password: 'a password' })
  })
  afterAll(() => cluster?.stop())

  for (const [name, urlOf] of [
    ['Redis', () => url ?? ''],
    ['Redis Cluster with TLS and a password', () => cluster.url],
  ] as const) {
    liveCountersContract(name, {
      async open(partitions, clock) {
        const config = { url: urlOf(), product: `test-${randomUUID()}`, partitions, now: clock }
        const counters = connectRedisCounters(config)
        const other = connectRedisCounters(config)
        return {
          counters,
          other,
          async close() {
            await Promise.all([counters.close(), other.close()])
          },
        }
      },
    })
  }

  test('connections cut after the send 500 times leave the counters exact', async () => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
    const random = seeded(seed)
    const { hostname, port } = new URL(url ?? '')
    const proxy = await startCuttingProxy({ host: hostname, port: Number(port) })
    const product = `test-${randomUUID()}`
    const counters = connectRedisCounters({ url: `redis://127.0.0.1:${proxy.port}`, product, partitions: 1, now })
    const key = bucket()
    let position: Position | null = null
    let expected = 0
    let repeated = 0
    try {
      while (proxy.cuts < 500) {
        await vi.waitFor(async () => expect(await counters.health()).toMatchObject({ healthy: true }))
        const amount = 1 + Math.floor(random() * 1_000)
        const next: Position = { log: 'log', lastAt: 0, offset: (position?.offset ?? 0) + 1, windowStart: 0 }
        if (random() < 0.9) proxy.cutNext(random() < 0.9 ? 'before_reply' : 'mid_request')
        const answer = await applyUntilAnswered(
          counters,
          position,
          next,
          new Map([[key, { add: new Map([['abcdef', amount]]), unique: new Map() }]]),
        )
        if (answer === 'repeated') repeated++
        expected += amount
        position = next
      }
      const found = (await counters.totals([key], ['abcdef'])).get('abcdef')
      expect({ seed, found, position: await counters.position(0) }).toEqual({ seed, found: expected, position })
      // The cuts did fall after the send: most calls found that they had been obeyed already.
      expect(repeated).toBeGreaterThan(300)
    } finally {
      await counters.close()
      await proxy.stop()
    }
  }, 120_000)

  test('health reports a server that goes down and comes back, and counting continues', async () => {
    const server = await startRedis()
    const counters = connectRedisCounters({ url: server.url, product: 'caro', partitions: 2, now, timeoutMs: 500 })
    const heard = vi.fn()
    const end = counters.onAdvance(heard)
    const add = (count: number) => new Map([[bucket(), { add: new Map([['abcdef', count]]), unique: new Map() }]])
    try {
      await vi.waitFor(async () => expect(await counters.health()).toMatchObject({ healthy: true }), 10_000)
      await counters.apply(0, null, { log: 'log', lastAt: 0, offset: 1, windowStart: 0 }, add(1))
      const key = bucket()
      await server.kill()
      await vi.waitFor(async () => expect(await counters.health()).toMatchObject({ healthy: false }), 10_000)
      await expect(counters.position(0)).rejects.toMatchObject({ code: 'counters_unavailable', retryable: true })
      await server.restart()
      await vi.waitFor(async () => expect(await counters.health()).toMatchObject({ healthy: true }), 10_000)
      // A crash may cost the last second, of position and counters alike.
      const position = await counters.position(0)
      const kept = (await counters.totals([key], ['abcdef'])).get('abcdef') ?? 0
      expect(kept).toBe(position?.offset ?? 0)
      heard.mockClear()
      await counters.apply(
        0,
        position,
        { log: 'log', lastAt: 0, offset: 7, windowStart: 0 },
        new Map([[key, { add: new Map([['abcdef', 5]]), unique: new Map() }]]),
      )
      expect((await counters.totals([key], ['abcdef'])).get('abcdef')).toBe(kept + 5)
      await vi.waitFor(() => expect(heard).toHaveBeenCalled(), 10_000)
    } finally {
      end()
      await counters.close()
      await server.stop()
    }
  })
})

async function applyUntilAnswered(...[counters, ...step]: [LiveCounters, Position | null, Position, Parameters<LiveCounters['apply']>[3]]) {
  for (;;) {
    try {
      return await counters.apply(0, ...step)
    } catch (error) {
      if (!(error instanceof Error && 'retryable' in error && error.retryable)) throw error
    }
  }
}
