import { openLiveCounters } from '@northstar/live-counters/open'
import { eventually, startRedis, tempFolder } from '@northstar/testkit'
import { serverFor } from '@northstar/testkit/vitest'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { createService, done } from '../support/consumer-service.ts'
import { copyProduct } from '../support/product-copy.ts'
import { openStores } from '../support/stores.ts'
import { appendEvents } from './append-events.ts'

test.skipIf(!serverFor('redis'))(
  'a Redis that refuses writes makes the counters not ready, with the reason, until it takes them again',
  async () => {
    const product = await copyProduct()
    const folder = await tempFolder('readiness')
    const redis = await startRedis()
    const admin = new Redis(redis.url)
    const stores = await openStores(
      { NORTHSTAR_PRODUCT: product.folder, NORTHSTAR_DATA_DIR: folder.path, LOG_LEVEL: 'warn' },
      product.catalogue,
    )
    const counters = openLiveCounters({ product: product.name, redisUrl: redis.url, folder: '', partitions: 1 }, Date.now)
    const service = createService('counters', { ...stores, counters }, product)
    const health = async () => (await service.health?.()) ?? { healthy: false, reason: 'none' }
    try {
      await service.start()
      await appendEvents(stores, product, 'first', 1)
      await done('counters', { ...stores, counters })
      await eventually(async () => (await health()).healthy)

      await admin.config('SET', 'maxmemory', '1')
      await appendEvents(stores, product, 'second', 1)
      const blocked = await eventually(async () => {
        const answer = await health()
        return !answer.healthy && answer
      })
      expect(blocked.reason).toMatch(/^partition 0 made no progress for \d+ s: the live counters are unavailable/)
      // Reads go on, so the connection alone would say that all is well.
      expect((await counters.health()).healthy).toBe(true)

      await admin.config('SET', 'maxmemory', '0')
      await done('counters', { ...stores, counters })
      await eventually(async () => (await health()).healthy)
    } finally {
      await service.stop()
      await counters.close()
      await stores.close()
      admin.disconnect()
      await redis.stop()
      await folder.remove()
      await product.remove()
    }
  },
)
