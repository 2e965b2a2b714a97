import { COUNTERS_DEFAULTS, createCounters } from '@northstar/counters'
import type { LiveCounters } from '@northstar/live-counters'
import { openLiveCounters } from '@northstar/live-counters/open'
import { livePlan } from '@northstar/metrics'
import { createMetrics } from '@northstar/runtime'
import { startRedis, tempFolder } from '@northstar/testkit'
import { catalogue, consumeAll, type FilledLog, filledEmbeddedLog, filledKafkaLog, logger, PRODUCT, withIncidents } from './consumers.ts'
import type { Figure } from './figure.ts'

/** The counters service on a backlog, with the Caro product's whole live plan: sums, uniques, percentiles, repeats. */
export async function bench(): Promise<readonly Figure[]> {
  return [...(await intoRedis()), ...(await intoLmdb())]
}

async function intoRedis(): Promise<readonly Figure[]> {
  const redis = await startRedis()
  const filled = await filledKafkaLog()
  try {
    return await count('counters, Kafka to Redis', filled, { redisUrl: redis.url, folder: '' }, [redis.pid])
  } finally {
    await filled.close()
    await redis.stop()
  }
}

async function intoLmdb(): Promise<readonly Figure[]> {
  const data = await tempFolder('bench-counters')
  const filled = await filledEmbeddedLog(`${data.path}/log`)
  try {
    return await count('counters, LMDB to LMDB', filled, { folder: `${data.path}/counters` }, [])
  } finally {
    await filled.close()
    await data.remove()
  }
}

async function count(name: string, { log }: FilledLog, place: { redisUrl?: string; folder: string }, storePids: readonly number[]) {
  const counters = openLiveCounters({ product: PRODUCT, partitions: log.partitions, ...place }, Date.now)
  const shared = { log, counters, plan: catalogue.plan, aggregates: livePlan(catalogue), metrics: createMetrics(), logger, now: Date.now }
  try {
    return await withIncidents(incidents => {
      const service = createCounters(COUNTERS_DEFAULTS, { ...shared, incidents })
      return consumeAll({ name, log, done: () => recordsCounted(counters, log.partitions), service, storePids })
    })
  } finally {
    await counters.close()
  }
}

async function recordsCounted(counters: LiveCounters, partitions: number): Promise<number> {
  const positions = await Promise.all(Array.from({ length: partitions }, (_, partition) => counters.position(partition)))
  return positions.reduce((sum, position) => sum + (position?.offset ?? 0), 0)
}
