import { Cluster, Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { startCuttingProxy } from './cutting-proxy.ts'
import { startRedis, startRedisCluster } from './redis.ts'
import { serverFor } from './vitest.ts'

describe.skipIf(!serverFor('redis'))('Redis for tests', () => {
  test('a server keeps its data over a restart and ends with stop', async () => {
    const server = await startRedis()
    const client = new Redis(server.url)
    client.on('error', () => {})
    try {
      await client.set('kept', '1')
      const before = server.pid
      await server.restart()
      expect(server.pid).not.toBe(before)
      expect(await client.get('kept')).toBe('1')
    } finally {
      client.disconnect()
      await server.stop()
      await server.stop()
    }
    expect(() => process.kill(server.pid, 0)).toThrow()
  })

  test('a cluster of three nodes accepts keys of every slot', async () => {
    const cluster = await startRedisCluster()
    const client = new Cluster(cluster.nodes.map(node => ({ host: '127.0.0.1', port: node.port })))
    try {
      for (let i = 0; i < 50; i++) await client.set(`key:${i}`, `${i}`)
      const sizes = await Promise.all(client.nodes('master').map(node => node.dbsize()))
      expect(sizes).toHaveLength(3)
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(50)
      expect(Math.min(...sizes)).toBeGreaterThan(0)
    } finally {
      client.disconnect()
      await cluster.stop()
    }
  })

  test('a cut before the reply has been obeyed, a cut within the request has not', async () => {
    const server = await startRedis()
    const proxy = await startCuttingProxy({ host: '127.0.0.1', port: server.port })
    const direct = new Redis(server.url)
    const cutOff = () =>
      new Redis({
        host: '127.0.0.1',
        port: proxy.port,
        retryStrategy: null,
        maxRetriesPerRequest: 0,
        enableReadyCheck: false,
        lazyConnect: true,
      })
    try {
      for (const [where, expected] of [
        ['before_reply', '1'],
        ['mid_request', null],
      ] as const) {
        const client = cutOff()
        client.on('error', () => {})
        await client.connect()
        await client.ping()
        proxy.cutNext(where)
        await expect(client.incr(where)).rejects.toThrow()
        client.disconnect()
        expect(await direct.get(where)).toBe(expected)
      }
      expect(proxy.cuts).toBe(2)
    } finally {
      direct.disconnect()
      await proxy.stop()
      await server.stop()
    }
  })
})
