import { COUNTERS_DEFAULTS, createCounters } from '@northstar/counters'
import { openEventLog } from '@northstar/event-log/open'
import type { Aggregate } from '@northstar/live-counters'
import { openLiveCounters } from '@northstar/live-counters/open'
import { livePlan } from '@northstar/metrics'
import { createMetrics } from '@northstar/runtime'
import { startRedis, tempFolder } from '@northstar/testkit'
import { catalogue, logger, PRODUCT, withIncidents } from './consumers.ts'
import { fillLog } from './events.ts'
import type { Figure } from './figure.ts'
import { cpuSeconds } from './process-usage.ts'

interface Case {
  readonly name: string
  readonly events: number
  readonly partitions: number
  /** How often the product's aggregates are there; the further ones concern other kinds of events. */
  readonly aggregates: number
  readonly consumers: number
}

const BASE: Omit<Case, 'name'> = { events: 400_000, partitions: 8, aggregates: 1, consumers: 1 }
const CASES: readonly Case[] = [
  { name: 'a tenth of the events', ...BASE, events: 40_000 },
  { name: '8 partitions', ...BASE },
  { name: '10 × the aggregates', ...BASE, aggregates: 10 },
  { name: '80 partitions', ...BASE, partitions: 80 },
  { name: '80 partitions, 4 consumers', ...BASE, partitions: 80, consumers: 4 },
]

/** What counting an event costs, service and Redis together, as load, partitions, aggregates and consumers grow. */
export async function bench(): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const one of CASES) figures.push({ name: `counting an event, ${one.name}`, value: await measure(one), unit: 'µs/event' })
  return figures
}

function aggregatesOf(times: number): readonly Aggregate[] {
  const own = livePlan(catalogue)
  const others = (copy: number) => own.map(aggregate => ({ ...aggregate, events: [`other_${copy}_${aggregate.events.join('_')}`] }))
  return [...own, ...Array.from({ length: times - 1 }, (_, copy) => others(copy)).flat()]
}

async function measure({ events, partitions, aggregates, consumers }: Case): Promise<number> {
  const data = await tempFolder('bench-flat')
  const redis = await startRedis()
  const log = await openEventLog({ product: PRODUCT, folder: data.path, partitions }, { logger, clientId: 'bench' })
  await fillLog(log, events, catalogue.plan)
  const counters = openLiveCounters({ product: PRODUCT, partitions, redisUrl: redis.url, folder: '' }, Date.now)
  const shared = {
    log,
    counters,
    plan: catalogue.plan,
    aggregates: aggregatesOf(aggregates),
    metrics: createMetrics(),
    logger,
    now: Date.now,
  }
  const isDone = async () => {
    const bounds = await log.bounds()
    const positions = await Promise.all(bounds.map(({ partition }) => counters.position(partition)))
    return bounds.every(({ next }, i) => (positions[i]?.offset ?? 0) === next)
  }
  try {
    return await withIncidents(async incidents => {
      const services = Array.from({ length: consumers }, () => createCounters(COUNTERS_DEFAULTS, { ...shared, incidents }))
      const before = cpuSeconds([process.pid, redis.pid])
      for (const service of services) await service.start()
      while (!(await isDone())) await new Promise(resolve => setTimeout(resolve, 100))
      const seconds = cpuSeconds([process.pid, redis.pid]) - before
      for (const service of services) await service.stop()
      return (seconds / events) * 1e6
    })
  } finally {
    await counters.close()
    await log.close()
    await redis.stop()
    await data.remove()
  }
}
