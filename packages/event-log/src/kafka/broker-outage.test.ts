import { eventually, type KafkaServer, startKafka } from '@northstar/testkit'
import { serverFor } from '@northstar/testkit/vitest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGate, ended, record, scanTexts, textOf } from '../contract/records.ts'
import type { EventLog } from '../port.ts'
import { connectKafkaLog, type KafkaLogConfig, migrateKafkaLog } from './index.ts'

/** This test has its own broker, since it halts and freezes it. */
describe.skipIf(!serverFor('kafka'))('a broker that goes away', () => {
  let kafka: KafkaServer
  let topics = 0
  const logs: EventLog[] = []

  beforeAll(async () => {
    kafka = await startKafka()
  })
  afterAll(async () => {
    await Promise.all(logs.map(log => log.close()))
    await kafka.stop()
  })

  async function open(config: Partial<KafkaLogConfig> = {}): Promise<EventLog> {
    topics += 1
    const access = { brokers: kafka.brokers, clientId: 'outage-test', topic: `northstar.t${topics}.events` }
    await migrateKafkaLog({ ...access, partitions: 1, retentionMs: 3_600_000 })
    const log = await connectKafkaLog({ ...access, sessionTimeoutMs: 6_000, heartbeatMs: 100, ...config })
    logs.push(log)
    return log
  }

  test('and comes back loses, doubles and reorders nothing; claims and their commits continue', async () => {
    const log = await open({ appendTimeoutMs: 90_000, commitTimeoutMs: 90_000 })
    const read: string[] = []
    let unanswered: { readonly offset: number; readonly texts: readonly string[] } | undefined
    const consumer = await log.consume({
      group: 'g',
      async run(claim) {
        // The broker may have taken the commit that it died over, and know this member no longer when it is repeated.
        if (unanswered?.offset === claim.committed?.offset) read.push(...(unanswered?.texts ?? []))
        const reader = claim.read(claim.committed?.offset ?? 0)
        while (!claim.signal.aborted) {
          const records = await reader.next()
          const last = records.at(-1)
          if (!last) continue
          unanswered = { offset: last.offset + 1, texts: records.map(textOf) }
          await claim.commit({ offset: unanswered.offset, metadata: '' })
          read.push(...unanswered.texts)
          unanswered = undefined
        }
      },
    })
    const sent: string[] = []
    let more = true
    const load = (async () => {
      while (more) {
        const texts = [0, 1, 2].map(index => String(sent.length + index))
        await log.append(texts.map(text => record(text)))
        sent.push(...texts)
      }
    })()
    await eventually(() => read.length > 100)
    await kafka.restart('SIGKILL')
    const before = sent.length
    await eventually(() => sent.length > before + 100, { timeoutMs: 90_000 })
    more = false
    await load
    await eventually(() => read.length === sent.length, { timeoutMs: 90_000 })
    expect(await scanTexts(log)).toEqual(sent)
    expect(read).toEqual(sent)
    expect(consumer.health().healthy).toBe(true)
    await consumer.stop()
  }, 240_000)

  test('is waited for by a consumer that starts meanwhile', async () => {
    const log = await open()
    await log.append([record('a')])
    await kafka.halt()
    const seen = createGate<string>()
    const consumer = await log.consume({
      group: 'g',
      async run(claim) {
        const [first] = await claim.read(0).next()
        if (first) seen.open(textOf(first))
        await ended(claim)
      },
    })
    await kafka.start()
    expect(await seen.promise).toBe('a')
    await consumer.stop()
  })

  test('and answers nothing makes appends fail in time and consumers unhealthy, until it answers again', async () => {
    const log = await open({ appendTimeoutMs: 1_000, unhealthyAfterMs: 500 })
    const claimed = createGate()
    const consumer = await log.consume({
      group: 'g',
      async run(claim) {
        claimed.open()
        await ended(claim)
      },
    })
    await claimed.promise
    kafka.pause()
    await expect(log.append([record('a')])).rejects.toMatchObject({ code: 'log_unavailable', retryable: true })
    await eventually(() => !consumer.health().healthy, { timeoutMs: 90_000 })
    expect((await log.health()).healthy).toBe(false)
    kafka.resume()
    await eventually(() => consumer.health().healthy, { timeoutMs: 90_000 })
    await eventually(async () => (await log.health()).healthy, { timeoutMs: 90_000 })
    // On a busy machine the first attempt may take longer than an append may.
    await eventually(
      () =>
        log.append([record('b')]).then(
          () => true,
          () => false,
        ),
      { timeoutMs: 90_000 },
    )
    expect((await scanTexts(log)).at(-1)).toBe('b')
    await consumer.stop()
  })
})
