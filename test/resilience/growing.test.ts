import { readdir } from 'node:fs/promises'
import { eventually, startKafka, tempFolder } from '@northstar/testkit'
import kafkajs from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { type Installation, startDistributed, startEmbedded } from '../support/installation.ts'
import { post, startLoad } from '../support/load.ts'
import { northstar } from '../support/northstar.ts'
import { SEED } from '../support/random.ts'
import { allServers } from '../support/servers.ts'
import { expectNothingLost } from './expectations.ts'

const servers = allServers()

/** How many partitions the log has. */
async function partitionsOf(installation: Installation): Promise<number> {
  const { body } = await installation.get('/v1/log/0?limit=1')
  return (body as { partitions: number }).partitions
}

async function sendAgain(installation: Installation, events: readonly object[]): Promise<void> {
  for (let at = 0; at < events.length; at += 500) {
    expect((await post(installation.ingest, JSON.stringify(events.slice(at, at + 500)))).status).toBe(202)
  }
}

test('partitions are not grown where there is no log: KAFKA_BROKERS was forgotten', async () => {
  const folder = await tempFolder('no-log')
  try {
    const { code, stderr } = await northstar(['partitions', 'grow', '4'], { NORTHSTAR_DATA_DIR: folder.path })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/there is no event log in .*: for one on servers set KAFKA_BROKERS/)])
    expect(await readdir(folder.path)).toEqual([])
  } finally {
    await folder.remove()
  }
})

test('an embedded log that gets more partitions: what was sent before and is sent again is dropped', async () => {
  const installation = await startEmbedded({ env: { NORTHSTAR_PARTITIONS: '2' } })
  try {
    const load = startLoad({ url: installation.ingest, seed: SEED })
    await eventually(() => load.sent.length > 2_000)
    await load.stop()
    await caughtUp(installation)
    const running = await installation.command(['partitions', 'grow', '8'])
    expect([running.code, running.stderr]).toEqual([1, expect.stringContaining('is in use by process')])
    await installation.stop()
    const odd = await installation.command(['partitions', 'grow', '3'])
    expect([odd.code, odd.stderr]).toEqual([1, expect.stringContaining('must be a multiple, such as 4')])
    const grown = await installation.command(['partitions', 'grow', '8', '--json'])
    expect([grown.code, grown.stdout]).toEqual([0, '{"before":2,"partitions":8}\n'])
    await installation.start()
    await sendAgain(installation, load.sent)
    const more = startLoad({ url: installation.ingest, seed: SEED, prefix: 'after' })
    await eventually(() => more.sent.length > 500)
    await more.stop()
    await sendAgain(installation, [...load.sent, ...more.sent])
    await caughtUp(installation)
    await installation.stop()
    await expectNothingLost('2 to 8 partitions, embedded', installation, [...load.sent, ...more.sent])
  } finally {
    await installation.remove()
  }
}, 180_000)

describe.skipIf(!servers)('a topic that gets more partitions under load', () => {
  test('by northstar partitions grow, and by Kafka alone: what was sent before and is sent again is dropped', async () => {
    const kafka = await startKafka()
    const installation = await startDistributed({
      brokers: kafka.brokers,
      redisUrl: servers?.redisUrl ?? '',
      clickhouseUrl: servers?.clickhouseUrl ?? '',
      roles: ['ingest', 'counters', 'warehouse', 'api'],
      env: { NORTHSTAR_PARTITIONS: '4' },
    })
    try {
      const load = startLoad({ url: installation.ingest, seed: SEED })
      await eventually(() => load.sent.length > 1_000)
      const grown = await installation.command(['partitions', 'grow', '8', '--json'])
      expect([grown.code, grown.stdout, grown.stderr]).toEqual([0, '{"before":4,"partitions":8}\n', ''])
      const before = load.sent.length
      await eventually(() => load.sent.length > before + 1_000, { timeoutMs: 60_000 })
      await load.stop()
      await sendAgain(installation, load.sent)

      // Kafka's own tools: nothing is written to partitions that are not in use, not even by a process that starts after.
      const admin = new kafkajs.Kafka({ brokers: [kafka.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin()
      await admin.connect()
      await admin.createPartitions({ topicPartitions: [{ topic: `northstar.${installation.product.name}.events`, count: 16 }] })
      await admin.disconnect()
      for (const service of installation.services) {
        if (service.role !== 'ingest') continue
        await service.stop()
        await service.start()
      }
      await sendAgain(installation, load.sent)
      await eventually(async () => (await partitionsOf(installation)) === 16, { timeoutMs: 60_000 })
      await caughtUp(installation)
      await installation.stop()
      await expectNothingLost('4 to 8 to 16 partitions, distributed', installation, load.sent)
    } finally {
      await installation.remove()
      await kafka.stop()
    }
  }, 300_000)
})
