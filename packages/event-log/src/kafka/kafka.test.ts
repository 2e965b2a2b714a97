import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { eventually, spawnProcess } from '@northstar/testkit'
import { serverFor } from '@northstar/testkit/vitest'
import kafkajs from 'kafkajs'
import { afterAll, describe, expect, test } from 'vitest'
import { eventLogContract } from '../contract/event-log-contract.ts'
import { readCount, record, scanTexts, textOf, withClaim } from '../contract/records.ts'
import { silent } from '../logger.ts'
import type { EventLog } from '../port.ts'
import { createConnection } from './connection.ts'
import { reasonOf } from './errors.ts'
import { connectKafkaLog, growKafkaLog, type KafkaLogConfig, migrateKafkaLog } from './index.ts'
import { createTopic } from './migrate.ts'

const brokers = serverFor('kafka') ?? ''
const RUN = `${process.pid}-${Date.now().toString(36)}`
/** The shortest that brokers take by default. */
const SESSION_MS = 6_000
let topics = 0
const logs: EventLog[] = []

function newSettings(partitions = 1) {
  topics += 1
  const topic = `northstar.t${RUN}-${topics}.events`
  return { brokers, clientId: 'event-log-test', topic, partitions, retentionMs: 3_600_000 }
}

async function newTopic(partitions = 1) {
  const settings = newSettings(partitions)
  await migrateKafkaLog(settings)
  return settings
}

async function connect(config: KafkaLogConfig): Promise<EventLog> {
  const log = await connectKafkaLog({ sessionTimeoutMs: SESSION_MS, heartbeatMs: 100, ...config })
  logs.push(log)
  return log
}

afterAll(async () => {
  await Promise.all(logs.map(log => log.close()))
})

describe.skipIf(!brokers)('on Kafka', () => {
  eventLogContract('kafka', () => {
    const configs = new Map<EventLog, KafkaLogConfig>()
    async function open(config: KafkaLogConfig): Promise<EventLog> {
      const log = await connect(config)
      configs.set(log, config)
      return log
    }
    return {
      open: async (partitions, drainTimeoutMs) => open({ ...(await newTopic(partitions)), drainTimeoutMs }),
      async reopen(log) {
        const config = configs.get(log)
        if (!config) throw new Error('not a log of this suite')
        await log.close()
        return open(config)
      },
    }
  })

  test('a connection that was dropped opens no socket, even for code that still uses it', async () => {
    const access = await newTopic()
    const connection = createConnection(access, access.topic, silent)
    const held = await connection.cluster()
    connection.drop()
    // The first request finds the socket that was cut; each further one would open a new one.
    for (let attempt = 0; attempt < 3; attempt++) await expect(held.refreshMetadata()).rejects.toThrow('the connection was given up')
    await expect(held.findControllerBroker()).rejects.toThrow('the connection was given up')
    await expect((await connection.cluster()).refreshMetadata()).resolves.toBeUndefined()
    connection.close()
  })

  describe('migrateKafkaLog', () => {
    test('creates a topic once, and reports how an existing one differs', async () => {
      const settings = newSettings(2)
      expect(await migrateKafkaLog(settings)).toEqual({ created: true, differences: [] })
      expect(await migrateKafkaLog(settings)).toEqual({ created: false, differences: [] })
      const { differences } = await migrateKafkaLog({ ...settings, partitions: 3, retentionMs: 60_000 })
      expect(differences).toEqual([
        `topic ${settings.topic}: partitions is 2, expected 3`,
        `topic ${settings.topic}: retention.ms is 3600000, expected 60000`,
      ])
      expect((await connect(settings)).partitions).toBe(2)
    })

    test('is safe when several processes do it at once', async () => {
      for (let round = 0; round < 5; round++) {
        const settings = newSettings(2)
        const all = await Promise.all([1, 2, 3, 4].map(() => migrateKafkaLog(settings)))
        expect(all.filter(({ created }) => created)).toHaveLength(1)
        expect(all.flatMap(({ differences }) => differences)).toEqual([])
      }
    })

    test('asks again where the controller was too busy to create the topic in time', async () => {
      const { topic } = newSettings()
      const admin = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING }).admin()
      await admin.connect()
      try {
        let requests = 0
        const createTopics: typeof admin.createTopics = options =>
          admin.createTopics({ ...options, ...(requests++ === 0 && { timeout: 0 }) })
        await createTopic({ ...admin, createTopics }, topic, 1, 1, {})
        expect(requests).toBe(2)
        expect(await admin.listTopics()).toContain(topic)
        const refused = createTopic(admin, topic.replace('events', 'not valid'), 1, 1, {})
        expect(reasonOf(await refused.catch((error: unknown) => error))).toBe('INVALID_TOPIC_EXCEPTION')
      } finally {
        await admin.disconnect()
      }
    })
  })

  test('a missing topic is an error at once', async () => {
    const connecting = connectKafkaLog({ brokers, clientId: 'event-log-test', topic: `northstar.none-${RUN}.events` })
    await expect(connecting).rejects.toMatchObject({ code: 'log_unavailable' })
  })

  test('one connection reads what another one has acknowledged', async () => {
    const access = await newTopic()
    const writer = await connect(access)
    const reader = await connect(access)
    for (let index = 0; index < 20; index += 1) {
      await writer.append([record(`${index}`)])
      expect((await scanTexts(reader)).at(-1)).toBe(`${index}`)
    }
  })

  test('a consumer whose next records were deleted continues at the oldest record kept', async () => {
    const access = await newTopic()
    const log = await connect(access)
    await log.append(['a', 'b', 'c', 'd'].map(text => record(text)))
    const first = await withClaim(log, 'g', claim => claim.commit({ offset: 1, metadata: '' }))
    await first.result
    await first.consumer.stop()
    await deleteBefore(access.topic, 3)
    const late = await withClaim(log, 'g', async claim => {
      expect(claim.earliest).toBe(3)
      return (await claim.read(claim.committed?.offset ?? 0).next()).map(textOf)
    })
    expect(await late.result).toEqual(['d'])
    expect(await scanTexts(log)).toEqual(['d'])
  })

  test('records deleted under a reader are passed over', async () => {
    const access = await newTopic()
    const log = await connect({ ...access, aheadBytes: 1 })
    const value = 'x'.repeat(600_000)
    for (const text of ['a', 'b', 'c', 'd']) await log.append([record(text + value)])
    const { result } = await withClaim(log, 'g', async claim => {
      const reader = claim.read(0)
      const seen = (await reader.next({ maxBytes: 1 })).map(({ offset }) => offset)
      await deleteBefore(access.topic, 3)
      while (seen.at(-1) !== 3) seen.push(...(await reader.next({ maxBytes: 1 })).map(({ offset }) => offset))
      return seen
    })
    const seen = await result
    expect(seen[0]).toBe(0)
    expect(seen.at(-1)).toBe(3)
    expect(seen.length).toBeLessThanOrEqual(4)
  })

  test('a reader gets invalid records of other clients with their fault, and the records after them', async () => {
    const access = await newTopic()
    const log = await connect(access)
    const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING })
    const producer = kafka.producer()
    await producer.connect()
    const { GZIP } = kafkajs.CompressionTypes
    const messages = [
      { value: 'a', headers: { v: ['1', '2'] } },
      { value: null, headers: { v: '1' } },
      { value: 'c', key: 'a key', timestamp: '9000000000000000000' },
    ]
    await producer.send({ topic: access.topic, compression: GZIP, messages })
    await producer.disconnect()
    await log.append([record('d')])
    const { result } = await withClaim(log, 'g', claim => readCount(claim, 0, 4))
    const records = await result
    expect(records.map(({ fault, headers, value }) => [fault, Object.keys(headers), Buffer.from(value).toString()])).toEqual([
      ['header_repeated', [], 'a'],
      ['no_value', [], ''],
      [undefined, [], 'c'],
      [undefined, [], 'd'],
    ])
    for (const { appendedAt } of records) expect(Number.isSafeInteger(appendedAt)).toBe(true)
  })

  test('new partitions are claimed, appended to and counted as lag while consumers run', async () => {
    const access = await newTopic(2)
    const [log, other] = await Promise.all([connect({ ...access, watchEveryMs: 200 }), connect({ ...access, watchEveryMs: 200 })])
    const seen: string[] = []
    const consumer = await log.consume({
      group: 'g',
      async run(claim) {
        const reader = claim.read(claim.committed?.offset ?? 0)
        while (!claim.signal.aborted) {
          for (const stored of await reader.next()) {
            seen.push(`${claim.partition} ${textOf(stored)}`)
            await claim.commit({ offset: stored.offset + 1, metadata: '' })
          }
        }
      },
    })
    await other.append([record('a', 0), record('b', 1)])
    await eventually(() => seen.length === 2)
    await growKafkaLog(access, 4)
    await growKafkaLog(access, 3)
    await eventually(() => other.partitions === 4)
    await other.append([record('c', 2), record('d', 3), record('e', 0)])
    await eventually(() => seen.length === 5)
    expect(seen.toSorted()).toEqual(['0 a', '0 e', '1 b', '2 c', '3 d'])
    expect(await log.bounds()).toHaveLength(4)
    // A record is seen before its commit.
    await eventually(async () => (await log.commits('g')).size === 4)
    expect(consumer.health().healthy).toBe(true)
  })

  test('any Kafka client reads value and headers as they were appended', async () => {
    const access = await newTopic()
    const log = await connect(access)
    const headers = { v: Buffer.from('2'), ids: Buffer.from([0, 255, 10]) }
    await log.append([record('value', 0, headers)])
    const consumer = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING }).consumer({
      groupId: `reader-${access.topic}`,
    })
    const read: unknown[] = []
    try {
      await consumer.connect()
      await consumer.subscribe({ topic: access.topic, fromBeginning: true })
      await consumer.run({
        async eachMessage({ message }) {
          read.push([message.value?.toString(), message.headers])
        },
      })
      await eventually(() => read.length > 0)
      expect(read).toEqual([['value', headers]])
    } finally {
      await consumer.disconnect()
    }
  })

  test('deletes old records, but none that a group reads again after a restart', async () => {
    const access = await newTopic()
    const inEightDays = () => Date.now() + 8 * 86_400_000
    const config = { ...access, sessionTimeoutMs: SESSION_MS, retentionMs: 60_000, groups: ['one', 'two'], trimEveryMs: 100 }
    const log = await connectKafkaLog(config, { now: inEightDays })
    logs.push(log)
    await log.append(['a', 'b', 'c', 'd'].map(text => record(text)))
    const commits = { one: { offset: 4, metadata: 'm', keepFrom: 3 }, two: { offset: 4, metadata: '', keepFrom: 1 } }
    const one = await withClaim(log, 'one', claim => claim.commit(commits.one))
    await one.result
    expect(await log.commits('one')).toEqual(new Map([[0, commits.one]]))
    expect(await scanTexts(log)).toEqual(['a', 'b', 'c', 'd'])
    const two = await withClaim(log, 'two', claim => claim.commit(commits.two))
    await two.result
    await eventually(async () => (await log.bounds())[0]?.earliest === 1)
    await new Promise(resolve => setTimeout(resolve, 500))
    expect(await scanTexts(log)).toEqual(['b', 'c', 'd'])
    await Promise.all([one.consumer.stop(), two.consumer.stop()])
  })

  test('a topic that is deleted and made again under a running consumer is claimed anew, under another incarnation', async () => {
    const access = await newTopic()
    const log = await connect(access)
    await log.append([record('old')])
    const seen: string[][] = []
    const consumer = await log.consume({
      group: 'g',
      async run(claim) {
        const incarnation = await log.incarnation()
        const reader = claim.read(0)
        while (!claim.signal.aborted) for (const stored of await reader.next()) seen.push([incarnation, textOf(stored)])
      },
    })
    await eventually(() => seen.length === 1)
    const admin = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING }).admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [access.topic] })
    await eventually(async () => !(await admin.listTopics()).includes(access.topic))
    await admin.disconnect()
    await migrateKafkaLog(access)
    const other = await connect(access)
    await other.append([record('new'), record('newer')])
    await eventually(() => seen.length >= 3, { timeoutMs: 60_000 })
    const incarnations = [...new Set(seen.map(([incarnation]) => incarnation))]
    expect(seen.map(([, text]) => text)).toEqual(['old', 'new', 'newer'])
    expect(incarnations).toHaveLength(2)
    expect(consumer.health().healthy).toBe(true)
  })

  test('a process that was frozen past its session cannot commit any more', async () => {
    expect(existsSync(fileURLToPath(new URL('../../dist/kafka/index.js', import.meta.url))), 'npm run build comes before this test').toBe(
      true,
    )
    const access = await newTopic()
    const log = await connect(access)
    await log.append([record('a')])
    const script = fileURLToPath(new URL('../contract/commit-until-lost.mjs', import.meta.url))
    const zombie = await spawnProcess(process.execPath, [script, brokers, access.topic, 'g', String(SESSION_MS)])
    await zombie.line(/^committed$/m)
    zombie.freeze()
    const heir = await withClaim(log, 'g', async claim => {
      await claim.commit({ offset: 1, metadata: 'heir' })
      return claim.committed?.metadata
    })
    expect(await heir.result).toBe('zombie')
    zombie.thaw()
    await zombie.line(/^refused partition_lost$/m)
    await zombie.kill()
    expect((await log.commits('g')).get(0)?.metadata).toBe('heir')
  })
})

async function deleteBefore(topic: string, offset: number): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.fetchTopicMetadata({ topics: [topic] })
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] })
  await admin.disconnect()
}
