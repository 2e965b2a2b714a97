import { type KafkaServer, type RunningClickHouse, type RunningRedis, startClickHouse, startKafka, startRedis } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { type Installation, startDistributed } from '../support/installation.ts'
import { post } from '../support/load.ts'
import { northstar } from '../support/northstar.ts'
import { allServers } from '../support/servers.ts'

const PASSWORD = 'the-stores-password'
const EVENT = { event: 'downloads', id: 'by-tls', timestamp: '2026-01-16T12:00:00Z', user_id: 'u', properties: { channel: 'website' } }

/** As docs/operations.md says: the stores speak TLS, under a certificate of an authority that only `NODE_EXTRA_CA_CERTS` names. */
describe.skipIf(!allServers())('TLS to the stores', () => {
  let kafka: KafkaServer
  let redis: RunningRedis
  let clickhouse: RunningClickHouse
  let installation: Installation

  beforeAll(async () => {
    const tls = inject('certificate')
    ;[kafka, redis, clickhouse] = await Promise.all([
      startKafka({ tls, credentials: { username: 'northstar', password: PASSWORD } }),
      startRedis({ tls, password: PASSWORD }),
      startClickHouse({ tls, password: PASSWORD }),
    ])
    installation = await startDistributed({
      brokers: kafka.brokers,
      redisUrl: redis.url,
      clickhouseUrl: clickhouse.url,
      roles: ['ingest', 'counters,warehouse,alerts,reports,api'],
      env: {
        KAFKA_SSL: '1',
        KAFKA_SASL_MECHANISM: 'plain',
        KAFKA_SASL_USERNAME: 'northstar',
        KAFKA_SASL_PASSWORD: PASSWORD,
        NODE_EXTRA_CA_CERTS: tls?.caFile ?? '',
      },
    })
  }, 240_000)
  afterAll(async () => {
    await installation?.remove()
    await Promise.all([kafka?.stop(), redis?.stop(), clickhouse?.stop()])
  })

  test('an event is stored and counted, and all adds up', async () => {
    expect((await post(installation.ingest, JSON.stringify(EVENT))).status).toBe(202)
    await caughtUp(installation)
    const verified = await installation.command(['verify', '--json', '--wait', '60'])
    expect([verified.code, JSON.parse(verified.stdout)]).toEqual([0, expect.objectContaining({ ok: true, stored: 1 })])
  }, 120_000)

  const MIGRATE = ['migrate']
  const SERVE = ['serve', 'ingest']
  const byAddress = (url: string | undefined) => (url ?? '').replace('localhost', '127.0.0.1')

  test.each([
    ['of an authority that is not named', MIGRATE, () => ({ NODE_EXTRA_CA_CERTS: '' }), /the event log is unavailable.*certificate/],
    [
      'of Kafka for another host name',
      MIGRATE,
      () => ({ KAFKA_BROKERS: byAddress(kafka.brokers) }),
      /the event log is unavailable.*altnames/,
    ],
    ['of Redis for another host name', SERVE, () => ({ REDIS_URL: byAddress(redis.url) }), /the state store is unavailable.*altnames/],
    [
      'of ClickHouse for another host name',
      MIGRATE,
      () => ({ CLICKHOUSE_URL: byAddress(installation.env.CLICKHOUSE_URL) }),
      /the warehouse is unavailable.*altnames/,
    ],
  ])(
    'a certificate %s is refused, with the reason',
    async (_, command, change, reason) => {
      const { code, stderr } = await northstar(command, {
        ...installation.env,
        NORTHSTAR_PORT: '0',
        NORTHSTAR_METRICS_PORT: '0',
        ...change(),
      })
      expect([code, stderr]).toEqual([1, expect.stringMatching(reason)])
    },
    240_000,
  )
})
