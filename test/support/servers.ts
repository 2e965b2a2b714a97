import { serverFor } from '@northstar/testkit/vitest'

export interface ServerAddresses {
  readonly brokers: string
  readonly redisUrl: string
  readonly clickhouseUrl: string
}

/** This run's Kafka, Redis and ClickHouse; undefined where one of them cannot be had. */
export function allServers(): ServerAddresses | undefined {
  const brokers = serverFor('kafka')
  const redisUrl = serverFor('redis')
  const clickhouseUrl = serverFor('clickhouse')
  return brokers && redisUrl && clickhouseUrl ? { brokers, redisUrl, clickhouseUrl } : undefined
}
