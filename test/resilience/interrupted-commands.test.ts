import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually, type Receiver, startReceiver, type TempFolder, tempFolder } from '@northstar/testkit'
import { Redis } from 'ioredis'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { type Installation, startDistributed } from '../support/installation.ts'
import { createEvents, post } from '../support/load.ts'
import { northstar, startNorthstar } from '../support/northstar.ts'
import { copyProduct } from '../support/product-copy.ts'
import { createRandom, SEED } from '../support/random.ts'
import { channelsOf } from '../support/report-kills.ts'
import { allServers } from '../support/servers.ts'

const servers = allServers()
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const

describe.skipIf(!servers)('a signal ends a command over servers, and leaves nothing half-made', () => {
  const clickhouse = new URL(servers?.clickhouseUrl ?? 'http://localhost')
  let folder: TempFolder
  let receiver: Receiver
  let installation: Installation
  let nextEvent: () => object
  const env = () => ({ ...installation.env, NORTHSTAR_URL: installation.query })
  const send = async (event = nextEvent()) => (await post(installation.ingest, JSON.stringify([event]))).status

  /** Sends the signal once `begun` holds. The signal must be what ends the command. */
  async function interrupt(args: readonly string[], signal: NodeJS.Signals, begun: (output: string) => boolean | Promise<boolean>) {
    const command = await startNorthstar(args, env())
    await eventually(() => begun(command.output), { timeoutMs: 60_000, what: `${args.join(' ')} has begun` })
    command.signal(signal)
    expect((await command.exited).signal, command.output).toBe(signal)
  }

  /** The number that a statement selects. */
  async function count(sql: string): Promise<number> {
    const authorization = `Basic ${Buffer.from(`${clickhouse.username}:${clickhouse.password}`).toString('base64')}`
    const answer = await fetch(`${clickhouse.origin}/?query=${encodeURIComponent(sql)}`, { headers: { authorization } })
    const text = await answer.text()
    if (!answer.ok) throw new Error(text)
    return Number(text)
  }

  beforeAll(async () => {
    folder = await tempFolder('interrupted')
    receiver = await startReceiver()
    installation = await startDistributed({
      brokers: servers?.brokers ?? '',
      redisUrl: servers?.redisUrl ?? '',
      clickhouseUrl: servers?.clickhouseUrl ?? '',
      roles: ['ingest', 'counters', 'warehouse', 'api'],
      env: { NORTHSTAR_PARTITIONS: '2', ...channelsOf(receiver, 0) },
    })
    nextEvent = createEvents('interrupted', createRandom(SEED))
    const body = JSON.stringify(Array.from({ length: 2_000 }, nextEvent))
    expect((await post(installation.ingest, body)).status).toBe(202)
    await caughtUp(installation)
  }, 300_000)
  afterAll(async () => {
    await installation?.remove()
    await receiver?.stop()
    await folder?.remove()
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'migrate, %s at several of its steps: the next migrate completes',
    async signal => {
      const product = await copyProduct()
      const database = Object.assign(new URL(clickhouse), { pathname: `/${product.database}` })
      const own = { ...env(), NORTHSTAR_PRODUCT: product.folder, CLICKHOUSE_URL: database.href }
      const tables = () => count(`SELECT count() FROM system.tables WHERE database LIKE '${product.database}%'`)
      try {
        for (const step of [1, 8, 25]) {
          const command = await startNorthstar(['migrate'], own)
          await eventually(async () => (await tables()) >= step, { timeoutMs: 60_000, what: `${step} tables` })
          command.signal(signal)
          await command.exited
        }
        expect(await northstar(['migrate'], own)).toMatchObject({ code: 0 })
        const complete = await tables()
        expect(await northstar(['migrate'], own)).toMatchObject({ code: 0 })
        expect(await tables()).toBe(complete)
      } finally {
        await product.remove()
      }
    },
    240_000,
  )

  test('backup and restore are refused in words, and leave nothing behind', async () => {
    const copy = join(folder.path, 'copy')
    expect(await installation.command(['backup', copy])).toMatchObject({ code: 1, stderr: expect.stringContaining('is on a server') })
    expect(await readdir(copy)).toEqual([])
    expect((await installation.command(['restore', copy])).code).not.toBe(0)
  }, 60_000)

  test.each(SIGNALS)(
    'log --follow, sql and verify, %s: the servers run nothing on',
    async signal => {
      await interrupt(['log', '--follow'], signal, output => output.includes('"partition"'))
      const output = join(folder.path, `answer-${signal}.csv`)
      const marker = `slowly_${signal}`
      const running = () => count(`SELECT countIf(query LIKE '%AS ${marker}%' AND query NOT LIKE '%countIf%') FROM system.processes`)
      const slow = `SELECT sum(cityHash64(number)) AS ${marker} FROM numbers(1000000000000)`
      await interrupt(['sql', slow, '--output', output, '--timeout', '60', '--format', 'csv'], signal, async () => (await running()) > 0)
      expect(existsSync(output)).toBe(false)
      // Well before its time limit, which would end it too.
      await eventually(async () => (await running()) === 0, { timeoutMs: 30_000, what: 'the statement has ended' })
      const requests = () => installation.get('/readyz').then(({ status }) => status)
      const verifying = await startNorthstar(['verify', '--wait', '60'], env())
      expect(await requests()).toBe(200)
      verifying.signal(signal)
      await verifying.exited
      expect(await installation.command(['verify', '--json', '--wait', '60'])).toMatchObject({ code: 0 })
    },
    180_000,
  )

  test.each(SIGNALS)(
    'forget, %s: the erasure goes on, and the next command shows that nothing remains',
    async signal => {
      const user = `forgotten-by-${signal}`
      expect(await send({ ...nextEvent(), user_id: user })).toBe(202)
      await interrupt(['forget', user], signal, output => output.includes('…'))
      // Refused while the erasure of the interrupted command runs.
      const again = await eventually(
        async () => {
          const ended = await installation.command(['forget', user, '--json'])
          return ended.stderr.includes('are being forgotten') ? undefined : ended
        },
        { timeoutMs: 60_000 },
      )
      expect(again, again.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('"remaining":0') })
      expect(await send()).toBe(202)
    },
    180_000,
  )

  test('report --send, by each signal: each channel gets it once', async () => {
    for (const [index, signal] of SIGNALS.entries()) {
      const command = ['report', 'weekly', '--send', '--at', `2026-02-0${index + 1}`]
      receiver.clear()
      let answer: (status: number) => void = () => {}
      const answered = new Promise<number>(resolve => {
        answer = resolve
      })
      receiver.otherwise(() => answered)
      await interrupt(command, signal, () => receiver.requests.length > 0)
      answer(200)
      const deliveries = await eventually(async () => {
        const { stdout } = await installation.command([...command, '--json'])
        const { sent } = JSON.parse(stdout) as { sent: { deliveries: Record<string, { outcome: string }> } }
        const outcomes = Object.entries(sent.deliveries).filter(([channel]) => /^(slack-releases|discord-announcements)/.test(channel))
        return outcomes.every(([, { outcome }]) => outcome === 'delivered') ? outcomes : undefined
      })
      expect(receiver.requests, signal).toHaveLength(deliveries.length)
    }
  }, 240_000)

  test('partitions grow, by each signal while ingest is held: the number stays, ingest goes on, and the next growth succeeds', async () => {
    for (const signal of SIGNALS) {
      await interrupt(['partitions', 'grow', '4'], signal, async () => (await send()) === 503)
      // A killed command releases nothing: its hold ends by itself after two minutes, or with the next growth.
      if (signal !== 'SIGKILL') await eventually(async () => (await send()) === 202, { what: `ingest goes on after ${signal}` })
    }
    const grown = await installation.command(['partitions', 'grow', '4', '--json'])
    expect(grown).toMatchObject({ code: 0, stdout: '{"before":2,"partitions":4}\n' })
    await eventually(async () => (await send()) === 202)
    const again = await installation.command(['partitions', 'grow', '4'])
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('can only grow') })
    await caughtUp(installation)
    expect(await installation.command(['verify', '--json', '--wait', '60'])).toMatchObject({ code: 0 })
  }, 400_000)

  test('no topic, no group and no lease is left besides those of the services', async () => {
    const { name } = installation.product
    const admin = new kafkajs.Kafka({ brokers: [servers?.brokers ?? ''], logLevel: kafkajs.logLevel.NOTHING }).admin()
    const redis = new Redis(servers?.redisUrl ?? '')
    try {
      await admin.connect()
      expect((await admin.listTopics()).filter(topic => topic.includes(name))).toEqual([`northstar.${name}.events`])
      const { groups } = await admin.listGroups()
      expect(groups.filter(({ groupId }) => groupId.includes(name)).every(({ groupId }) => /counters|warehouse/.test(groupId))).toBe(true)
      const [, keys] = await redis.scan(0, 'MATCH', `*${name}*lease*`, 'COUNT', 100_000)
      expect(keys.filter(key => key.includes('forget'))).toEqual([])
    } finally {
      await admin.disconnect()
      redis.disconnect()
    }
  })
})
