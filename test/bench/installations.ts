import { startClickHouse, startKafka, startRedis } from '@northstar/testkit'
import { type EmbeddedOptions, type Installation, startDistributed, startEmbedded } from '../support/installation.ts'

export interface Running {
  readonly installation: Installation
  /** The product's processes. */
  readonly pids: readonly number[]
  /** Those of Kafka, Redis and ClickHouse; none if embedded. */
  readonly serverPids: readonly number[]
  remove(): Promise<void>
}

export async function runEmbedded(options: EmbeddedOptions = {}): Promise<Running> {
  const installation = await startEmbedded(options)
  return { installation, pids: pidsOf(installation), serverPids: [], remove: () => installation.remove() }
}

/** Each service once, over servers of its own: two cores have no use for more. */
export async function runDistributed(options: EmbeddedOptions = {}): Promise<Running> {
  const [kafka, redis, clickhouse] = await Promise.all([startKafka(), startRedis(), startClickHouse()])
  const stopServers = () => Promise.all([kafka.stop(), redis.stop(), clickhouse.stop()])
  try {
    const installation = await startDistributed({
      ...options,
      brokers: kafka.brokers,
      redisUrl: redis.url,
      clickhouseUrl: clickhouse.url,
      roles: ['ingest', 'counters', 'warehouse', 'alerts', 'api'],
    })
    return {
      installation,
      pids: pidsOf(installation),
      serverPids: [kafka.pid, redis.pid, clickhouse.pid],
      async remove() {
        await installation.remove()
        await stopServers()
      },
    }
  } catch (error) {
    await stopServers()
    throw error
  }
}

const pidsOf = (installation: Installation) => installation.services.map(service => service.process.pid)
