import { setTimeout as sleep } from 'node:timers/promises'
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
  /** Events a second, by their timestamps. */
  readonly rate: number
  readonly partitions: number
  /** How often the product's aggregates are there; the further ones concern other kinds of events. */
  readonly aggregates: number
  readonly consumers: number
}

const BASE: Omit<Case, 'name'> = { rate: 50_000, partitions: 8, aggregates: 1, consumers: 1 }
const CASES: readonly Case[] = [
  { name: 'a tenth of the load', ...BASE, rate: 5_000 },
  { name: '8 partitions', ...BASE },
  { name: '10 × the aggregates', ...BASE, aggregates: 10 },
  { name: '80 partitions', ...BASE, partitions: 80 },
  { name: '80 partitions, 4 consumers', ...BASE, partitions: 80, consumers: 4 },
]

const EVENTS = 600_000
/** Some batches a partition, so that claiming it, which is no cost of an event, can be left out. */
const BATCH_BYTES = 128 * 1024

/** What counting an event costs, service and Redis together, as load, partitions, aggregates and consumers grow. */
export async function bench(): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  // Code that was compiled for one case is there for the next.
  await measure(BASE)
  for (const one of CASES) figures.push({ name: `counting an event, ${one.name}`, value: await measure(one), unit: 'µs/event' })
  return figures
}

function aggregatesOf(times: number): readonly Aggregate[] {
  const own = livePlan(catalogue)
  const others = (copy: number) => own.map(aggregate => ({ ...aggregate, events: [`other_${copy}_${aggregate.events.join('_')}`] }))
  return [...own, ...Array.from({ length: times - 1 }, (_, copy) => others(copy)).flat()]
}

async function measure({ rate, partitions, aggregates, consumers }: Omit<Case, 'name'>): Promise<number> {
  const data = await tempFolder('bench-flat')
  const redis = await startRedis()
  const log = await openEventLog({ product: PRODUCT, folder: data.path, partitions }, { logger, clientId: 'bench' })
  await fillLog(log, EVENTS, catalogue.plan, rate)
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
  /** How many records of each partition are counted, and of all. */
  const progress = async () => {
    const bounds = await log.bounds()
    const positions = await Promise.all(bounds.map(({ partition }) => counters.position(partition)))
    const counted = positions.map(position => position?.offset ?? 0)
    return { counted, part: sum(counted) / sum(bounds.map(({ next }) => next)), cpu: cpuSeconds([process.pid, redis.pid]) }
  }
  const reaches = async (isReached: (now: Awaited<ReturnType<typeof progress>>) => boolean) => {
    for (;;) {
      const now = await progress()
      if (isReached(now)) return now
      await sleep(20)
    }
  }
  try {
    return await withIncidents(async incidents => {
      const config = { ...COUNTERS_DEFAULTS, batchBytes: BATCH_BYTES }
      const services = Array.from({ length: consumers }, () => createCounters(config, { ...shared, incidents }))
      for (const service of services) await service.start()
      const from = await reaches(({ counted }) => counted.every(records => records > 0))
      const to = await reaches(({ part }) => part === 1)
      for (const service of services) await service.stop()
      return ((to.cpu - from.cpu) / ((to.part - from.part) * EVENTS)) * 1e6
    })
  } finally {
    await counters.close()
    await log.close()
    await redis.stop()
    await data.remove()
  }
}

const sum = (values: readonly number[]) => values.reduce((one, other) => one + other, 0)
