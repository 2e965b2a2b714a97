import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  eventually,
  type KafkaServer,
  type RunningClickHouse,
  type RunningRedis,
  startClickHouse,
  startKafka,
  startRedis,
  type TempFolder,
  tempFolder,
} from '@northstar/testkit'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { type Installation, startDistributed } from '../support/installation.ts'
import { type Load, type NativeEvent, post, startLoad } from '../support/load.ts'
import { SEED } from '../support/random.ts'
import { allServers } from '../support/servers.ts'
import { expectNothingLost } from './expectations.ts'

/** As docs/operations.md says, with folders in the place of Docker's volumes. */
describe.skipIf(!allServers())('a backup of servers, restored into empty ones, when all clients send everything again', () => {
  let folder: TempFolder
  let kafka: KafkaServer
  let redis: RunningRedis
  let clickhouse: RunningClickHouse
  let installation: Installation
  let load: Load
  const sent: NativeEvent[] = []

  const dataOf = (store: string) => join(folder.path, store, ...(store === 'kafka' ? ['data'] : []))
  const copyOf = (store: string) => join(folder.path, 'backup', store)
  const copy = (store: string) => cp(dataOf(store), copyOf(store), { recursive: true })
  const rolesOf = (...roles: readonly string[]) => installation.services.filter(({ role }) => roles.includes(role))
  const more = async () => {
    const before = load.sent.length
    await eventually(() => load.sent.length > before + 400, { timeoutMs: 60_000 })
  }

  beforeAll(async () => {
    folder = await tempFolder('backup-servers')
    ;[kafka, redis, clickhouse] = await Promise.all([
      startKafka({ folder: join(folder.path, 'kafka') }),
      startRedis({ folder: join(folder.path, 'redis') }),
      startClickHouse({ folder: join(folder.path, 'clickhouse') }),
    ])
    installation = await startDistributed({
      brokers: kafka.brokers,
      redisUrl: redis.url,
      clickhouseUrl: clickhouse.url,
      roles: ['ingest', 'counters', 'warehouse', 'api'],
    })
  }, 480_000)
  afterAll(async () => {
    await load?.stop()
    await installation?.remove()
    await Promise.all([kafka?.stop(), redis?.stop(), clickhouse?.stop()])
    await folder?.remove()
  })

  async function begin(prefix: string): Promise<void> {
    load = startLoad({ url: installation.ingest, seed: SEED, senders: 2, pauseMs: 20, prefix })
    await more()
  }

  /** Rows that the stores received after the copy are lost with them. */
  async function loseAndRestore(): Promise<void> {
    await load.stop()
    sent.push(...load.sent)
    await installation.stop()
    await Promise.all([kafka.halt('SIGKILL'), redis.kill(), clickhouse.kill9()])
    for (const store of ['kafka', 'redis', 'clickhouse']) {
      await rm(dataOf(store), { recursive: true })
      await cp(copyOf(store), dataOf(store), { recursive: true })
    }
    await rm(join(folder.path, 'backup'), { recursive: true })
    await Promise.all([kafka.start(), redis.restart(), clickhouse.restart()])
    await installation.start()
  }

  async function addsUp(what: string): Promise<void> {
    await caughtUp(installation)
    const before = await installation.command(['verify', '--json', '--wait', '60'])
    expect([before.code, JSON.parse(before.stdout)]).toEqual([0, expect.objectContaining({ ok: true, differences: [], incidents: [] })])
    for (let at = 0; at < sent.length; at += 500)
      expect((await post(installation.ingest, JSON.stringify(sent.slice(at, at + 500)))).status).toBe(202)
    await caughtUp(installation)
    const after = await installation.command(['verify', '--json', '--wait', '60'])
    expect([after.code, JSON.parse(after.stdout)]).toEqual([0, expect.objectContaining({ ok: true, differences: [], incidents: [] })])
    expect((JSON.parse(after.stdout) as { duplicates: number }).duplicates).toBeGreaterThan(0)
    await expectNothingLost(what, installation, sent)
  }

  test('made with everything stopped: services first, then the stores', async () => {
    await begin('stopped')
    await installation.stop()
    await Promise.all([kafka.halt(), redis.kill(), clickhouse.stop()])
    for (const store of ['redis', 'clickhouse', 'kafka']) await copy(store)
    await Promise.all([kafka.start(), redis.restart(), clickhouse.restart()])
    await installation.start()
    await more()
    await loseAndRestore()
    await addsUp('a backup of servers, all stopped')
  }, 480_000)

  test('made while ingest takes events: the warehouse stopped, then Redis, ClickHouse and Kafka', async () => {
    await begin('running')
    await Promise.all(rolesOf('warehouse').map(service => service.stop()))
    await copyRunningRedis(redis, copy)
    await more()
    await clickhouse.stop()
    await copy('clickhouse')
    await clickhouse.restart()
    await more()
    // As a snapshot of its volume: all files of one moment.
    kafka.pause()
    await copy('kafka')
    kafka.resume()
    await Promise.all(rolesOf('warehouse').map(service => service.start()))
    await more()
    await loseAndRestore()
    await addsUp('a backup of servers, running')
  }, 480_000)
})

async function copyRunningRedis(redis: RunningRedis, copy: (store: string) => Promise<void>): Promise<void> {
  const client = new Redis(redis.url)
  try {
    await client.config('SET', 'auto-aof-rewrite-percentage', '0')
    await eventually(async () => /^aof_rewrite_in_progress:0/m.test(await client.info('persistence')))
    await copy('redis')
    await client.config('SET', 'auto-aof-rewrite-percentage', '100')
  } finally {
    client.disconnect()
  }
}
