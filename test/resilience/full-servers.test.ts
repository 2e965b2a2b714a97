import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually, startClickHouse, startKafka, startRedis, tempFolder } from '@northstar/testkit'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { type Installation, startDistributed } from '../support/installation.ts'
import { post, startLoad } from '../support/load.ts'
import { SEED } from '../support/random.ts'
import { allServers } from '../support/servers.ts'
import { expectNothingLost } from './expectations.ts'
import { fillDisk, mountSmall, unmount, whyUnmountable } from './small-disk.ts'

const unmountable = await whyUnmountable()
if (unmountable !== null) process.stderr.write(`NOT RUN, since no small file system can be mounted here: full servers (${unmountable})\n`)

test.skipIf(!allServers() || unmountable !== null)(
  'Redis, ClickHouse and Kafka that are full, one after the other: nothing accepted is lost, and all goes on once there is room',
  async () => {
    const folder = await tempFolder('full-servers')
    const [kafkaDisk, clickhouseDisk] = [join(folder.path, 'kafka'), join(folder.path, 'clickhouse')]
    for (const disk of [kafkaDisk, clickhouseDisk]) {
      await mkdir(disk)
      mountSmall(disk, 400)
    }
    // Segments are allocated whole; small ones leave room on a small disk.
    const settings = { 'log.segment.bytes': '1048576', 'log.index.size.max.bytes': '65536' }
    const [kafka, redis, clickhouse] = await Promise.all([
      startKafka({ folder: kafkaDisk, settings }),
      startRedis(),
      startClickHouse({ folder: clickhouseDisk }),
    ])
    const admin = new Redis(redis.url)
    let installation: Installation | undefined
    let load: ReturnType<typeof startLoad> | undefined
    try {
      installation = await startDistributed({
        brokers: kafka.brokers,
        redisUrl: redis.url,
        clickhouseUrl: clickhouse.url,
        roles: ['ingest', 'counters', 'warehouse', 'api'],
        env: { NORTHSTAR_PARTITIONS: '2' },
      })
      const running = installation
      const sending = startLoad({ url: running.ingest, seed: SEED, senders: 2, pauseMs: 50 })
      load = sending
      const more = async () => {
        const before = sending.sent.length
        await eventually(() => sending.sent.length > before + 200, { timeoutMs: 120_000 })
      }
      const readyOf = async (role: string) => {
        const service = running.services.find(one => one.role === role)
        const { status, body } = await running.get('/readyz', service?.url)
        return { status, text: JSON.stringify(body) }
      }
      const becomes = (role: string, status: number, text: RegExp) =>
        eventually(
          async () => {
            const ready = await readyOf(role)
            return ready.status === status && text.test(ready.text)
          },
          { timeoutMs: 120_000, what: `${role} answers ${status} ${text}` },
        )
      await more()

      await admin.config('SET', 'maxmemory', '1')
      await more()
      await becomes('counters', 503, /made no progress/)
      await becomes('api', 200, /degraded.*Redis is full/)
      await admin.config('SET', 'maxmemory', '0')
      await becomes('counters', 200, /ready/)
      await becomes('api', 200, /"status":"ready"/)

      const clickhouseFiller = join(clickhouseDisk, 'filler')
      await fillDisk(clickhouseDisk, clickhouseFiller)
      await more()
      await becomes('warehouse', 503, /space/i)
      await rm(clickhouseFiller)
      await becomes('warehouse', 200, /ready/)

      const kafkaFiller = join(kafkaDisk, 'filler')
      await fillDisk(kafkaDisk, kafkaFiller)
      // A broker whose only disk refuses writes ends itself; Compose starts it again until there is room.
      await eventually(async () => (await post(running.ingest, JSON.stringify(sending.sent[0]))).status === 503, { timeoutMs: 120_000 })
      await becomes('ingest', 503, /log/)
      await rm(kafkaFiller)
      await kafka.restart('SIGKILL')
      await more()
      await becomes('ingest', 200, /ready/)

      await sending.stop()
      await caughtUp(running)
      const verified = await running.command(['verify', '--json', '--wait', '60'])
      expect([verified.code, JSON.parse(verified.stdout)]).toEqual([
        0,
        expect.objectContaining({ ok: true, differences: [], incidents: [] }),
      ])
      await running.stop()
      await expectNothingLost('full Redis, ClickHouse and Kafka', running, sending.sent)
    } finally {
      // It is not awaited: without ingest it would never end.
      void load?.stop().catch(() => {})
      await installation?.remove()
      admin.disconnect()
      await Promise.all([kafka.stop(), redis.stop(), clickhouse.stop()])
      for (const disk of [kafkaDisk, clickhouseDisk]) unmount(disk)
      await folder.remove()
    }
  },
  900_000,
)
