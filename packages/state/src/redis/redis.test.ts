import { randomUUID } from 'node:crypto'
import { connectRedis } from '@northstar/redis'
import { eventually, freePort, startCuttingProxy, startRedis, startRedisCluster } from '@northstar/testkit'
import { serverFor } from '@northstar/testkit/vitest'
import { describe, expect, inject, it } from 'vitest'
import { describeStateStore } from '../contract/state-contract.ts'
import { connectRedisState } from './index.ts'

const url = serverFor('redis')

describe.skipIf(!url)('with a real Redis', () => {
  describeStateStore('Redis', async () => {
    const product = `test-${randomUUID()}`
    return { open: async () => connected(url ?? '', product), tearDown: async () => {} }
  })

  describeStateStore('Redis Cluster with TLS and a password', async () => {
    const cluster = await startRedisCluster({ tls: inject('certificate'), password: 'a password' })
    return { open: async () => connected(cluster.url, 'test'), tearDown: cluster.stop }
  })

  it('warns of a server that evicts, in the log and in its health', async () => {
    const admin = connectRedis(url ?? '')
    const warnings: string[] = []
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const store = connectRedisState({ url: url ?? '', product: `test-${randomUUID()}`, onWarning: message => warnings.push(message) })
    try {
      const { reason } = await eventually(async () => (warnings.length > 0 ? store.health() : undefined))
      expect(reason).toMatch(/^connected, but Redis may evict .*allkeys-lru/)
    } finally {
      await admin.config('SET', 'maxmemory-policy', 'noeviction')
      admin.disconnect()
      await store.close()
    }
  })

  it('is degraded while the server is full: reads go on, writes are refused', async () => {
    const own = await startRedis()
    const admin = connectRedis(own.url)
    const store = await connected(own.url, 'test')
    try {
      await store.put('before', 1)
      await admin.config('SET', 'maxmemory', '1')
      expect(await store.health()).toMatchObject({
        healthy: false,
        blocking: false,
        reason: expect.stringMatching(/^Redis is full and refuses writes/),
      })
      expect(await store.get('before')).toMatchObject({ value: 1 })
      await expect(store.put('after', 1)).rejects.toMatchObject({ name: 'StateUnavailable' })
      await admin.config('SET', 'maxmemory', '0')
      expect(await store.health()).toMatchObject({ healthy: true })
      await store.put('after', 1)
    } finally {
      await store.close()
      admin.disconnect()
      await own.stop()
    }
  })

  it('does a conditional put once when the connection is cut before the reply', async () => {
    const { hostname, port } = new URL(url ?? '')
    const proxy = await startCuttingProxy({ host: hostname, port: Number(port) })
    const store = await connected(`redis://127.0.0.1:${proxy.port}`, `test-${randomUUID()}`)
    try {
      let version = 0
      for (let i = 1; i <= 20; i++) {
        if (i % 2) proxy.cutNext('before_reply')
        version = await store.put('once', i, { ifVersion: version })
        expect(await store.get('once')).toEqual({ key: 'once', value: i, version })
      }
      proxy.cutNext('before_reply')
      const lease = await store.acquire('lease', 'one', 60_000)
      expect(await lease?.renew()).toBe(true)
    } finally {
      await store.close()
      await proxy.stop()
    }
  })
})

it('reports why a server cannot be reached', async () => {
  const port = await freePort()
  const store = connectRedisState({ url: `redis://127.0.0.1:${port}`, product: 'test', timeoutMs: 500 })
  try {
    await expect(store.get('any')).rejects.toThrow(/did not answer within 500 ms: connect ECONNREFUSED/)
  } finally {
    await store.close()
  }
})

async function connected(address: string, product: string) {
  const store = connectRedisState({ url: address, product })
  await store.get('awaits-the-connection')
  return store
}

it.each(['one server', 'a cluster'])('%s that does not answer is unavailable in time', async kind => {
  const scheme = kind === 'a cluster' ? 'redis+cluster' : 'redis'
  const store = connectRedisState({ url: `${scheme}://127.0.0.1:1`, product: 'test', timeoutMs: 200 })
  try {
    await expect(store.get('key')).rejects.toMatchObject({ code: 'state_unavailable', retryable: true })
    await expect(store.put('key', 1)).rejects.toMatchObject({ code: 'state_unavailable' })
  } finally {
    await store.close()
  }
})
