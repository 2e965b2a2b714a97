import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { eventually, spawnProcess, tempFolder } from '@northstar/testkit'
import { afterAll, describe, expect, test } from 'vitest'
import { eventLogContract } from '../contract/event-log-contract.ts'
import { record, scanTexts, withClaim } from '../contract/records.ts'
import type { EventLog } from '../port.ts'
import { openEmbeddedLog } from './index.ts'

const root = await tempFolder('embedded-log')
afterAll(() => root.remove())
let topics = 0
const newTopic = () => `northstar.t${topics++}.events`

eventLogContract('embedded', () => {
  const ways = new Map<EventLog, () => Promise<EventLog>>()
  async function open(topic: string, partitions: number, drainTimeoutMs?: number): Promise<EventLog> {
    const log = await openEmbeddedLog({ folder: root.path, topic, partitions, drainTimeoutMs })
    ways.set(log, () => open(topic, partitions, drainTimeoutMs))
    return log
  }
  return {
    open: (partitions, drainTimeoutMs) => open(newTopic(), partitions, drainTimeoutMs),
    async reopen(log) {
      await log.close()
      const again = ways.get(log)
      if (!again) throw new Error('not a log of this suite')
      return again()
    },
  }
})

describe('embedded log', () => {
  test('keeps every acknowledged record when the process is killed', async () => {
    const built = fileURLToPath(new URL('../../dist/embedded/index.js', import.meta.url))
    expect(existsSync(built), 'npm run build comes before this test').toBe(true)
    const topic = newTopic()
    const child = await spawnProcess(process.execPath, [
      fileURLToPath(new URL('../contract/append-until-killed.mjs', import.meta.url)),
      root.path,
      topic,
    ])
    await child.line(/^acknowledged 200$/m)
    await child.kill()
    const acknowledged = Math.max(...[...child.stdout.matchAll(/^acknowledged (\d+)$/gm)].map(([, n]) => Number(n)))
    const log = await openEmbeddedLog({ folder: root.path, topic })
    const texts = await scanTexts(log)
    expect(acknowledged).toBeGreaterThanOrEqual(200)
    expect(texts.length).toBeGreaterThanOrEqual(acknowledged)
    expect(texts).toEqual(texts.map((_, index) => String(index + 1)))
    await log.append([record('after')])
    expect((await scanTexts(log)).at(-1)).toBe('after')
    await log.close()
  })

  test('deletes the oldest records beyond its bytes once every group has processed them', async () => {
    const config = { folder: root.path, topic: newTopic(), retentionBytes: 50_000 }
    const log = await openEmbeddedLog(config)
    await log.append([record('first')])
    const group = await withClaim(log, 'g', claim => claim.commit({ offset: 1_000, metadata: '' }))
    await group.result
    await group.consumer.stop()
    for (let index = 0; index < 20; index += 1) await log.append([record('x'.repeat(10_000))])
    const [bounds] = await log.bounds()
    expect(bounds?.next).toBe(21)
    expect(bounds?.earliest).toBeGreaterThan(10)
    await log.close()
    const again = await openEmbeddedLog(config)
    const [kept] = await again.bounds()
    expect(kept?.next).toBe(21)
    expect(kept?.earliest).toBeGreaterThanOrEqual(bounds?.earliest ?? 0)
    expect(kept?.earliest).toBeLessThan(21)
    await again.close()
  })

  test('deletes nothing that a group has yet to process, however old or large it is, and refuses appends at its bound', async () => {
    let time = 1_700_000_000_000
    const config = { folder: root.path, topic: newTopic(), retentionMs: 60_000, retentionBytes: 50_000, groups: ['fast', 'slow'] }
    const deps = { now: () => time }
    const first = await openEmbeddedLog(config, deps)
    await first.append([record('a'), record('b'), record('c')])
    const fast = await withClaim(first, 'fast', claim => claim.commit({ offset: 3, metadata: '' }))
    await fast.result
    await first.close()
    time += 8 * 86_400_000
    const log = await openEmbeddedLog(config, deps)
    expect(await scanTexts(log)).toEqual(['a', 'b', 'c'])
    const appended: number[] = []
    const fill = async () => {
      for (let index = 0; index < 20; index += 1) {
        await log.append([record('x'.repeat(10_000))])
        appended.push(index)
      }
    }
    await expect(fill()).rejects.toMatchObject({ code: 'log_full', retryable: true })
    expect(appended.length).toBeLessThan(6)
    expect(await log.health()).toMatchObject({ healthy: false })
    for (const name of ['slow', 'fast']) {
      const group = await withClaim(log, name, claim => claim.commit({ offset: 3 + appended.length, metadata: '' }))
      await group.result
      await group.consumer.stop()
    }
    await log.append([record('after')])
    expect((await log.health()).healthy).toBe(true)
    const [bounds] = await log.bounds()
    expect(bounds?.earliest).toBeGreaterThanOrEqual(3)
    await log.close()
  })

  test('keeps old records that a group reads again after a restart, and does not count them as filling the log', async () => {
    let time = 1_700_000_000_000
    const config = { folder: root.path, topic: newTopic(), retentionMs: 60_000, retentionBytes: 50_000 }
    const log = await openEmbeddedLog(config, { now: () => time })
    const commit = async (offset: number, keepFrom: number) => {
      const group = await withClaim(log, 'g', claim => claim.commit({ offset, metadata: '', keepFrom }))
      await group.result
      await group.consumer.stop()
    }
    for (let index = 0; index < 4; index += 1) await log.append([record('x'.repeat(10_000))])
    await commit(4, 2)
    time += 8 * 86_400_000
    for (let index = 0; index < 4; index += 1) await log.append([record('x'.repeat(10_000))])
    expect(await log.bounds()).toEqual([{ partition: 0, earliest: 2, next: 8 }])
    await expect(log.append([record('x'.repeat(10_000)), record('x'.repeat(10_000))])).resolves.toBeUndefined()
    await expect(log.append([record('more than was processed')])).rejects.toMatchObject({ code: 'log_full' })
    await commit(10, 3)
    await log.append([record('after')])
    expect((await log.bounds())[0]?.earliest).toBe(3)
    await log.close()
  })

  test('deletes records by age, and never assigns an offset twice', async () => {
    let time = 1_700_000_000_000
    const config = { folder: root.path, topic: newTopic(), retentionMs: 60_000 }
    const deps = { now: () => time }
    const log = await openEmbeddedLog(config, deps)
    await log.append([record('a'), record('b')])
    await log.close()
    time += 60_001
    const emptied = await openEmbeddedLog(config, deps)
    expect(await emptied.bounds()).toEqual([{ partition: 0, earliest: 2, next: 2 }])
    await emptied.close()
    const again = await openEmbeddedLog(config, deps)
    await again.append([record('c')])
    expect(await again.bounds()).toEqual([{ partition: 0, earliest: 2, next: 3 }])
    // A clock that is set back does not make times fall.
    time -= 10_000
    await again.append([record('d')])
    const times: number[] = []
    for await (const stored of again.scan(0, { offset: 0 })) times.push(stored.appendedAt)
    expect(times).toEqual([1_700_000_060_001, 1_700_000_060_001])
    await again.close()
  })

  test('keeps its number of partitions, and may get more', async () => {
    const config = { folder: root.path, topic: newTopic() }
    const log = await openEmbeddedLog({ ...config, partitions: 2 })
    await log.append([record('a', 1)])
    await log.close()
    const same = await openEmbeddedLog({ ...config, partitions: 4 })
    expect(same.partitions).toBe(2)
    await same.close()
    const wider = await openEmbeddedLog({ ...config, growTo: 3 })
    expect([wider.partitions, await scanTexts(wider, 1)]).toEqual([3, ['a']])
    await wider.close()
  })

  test('serves readers that are far behind from the file', async () => {
    const log = await openEmbeddedLog({ folder: root.path, topic: newTopic(), tailBytes: 1_000 })
    const texts = Array.from({ length: 50 }, (_, index) => `${index}`.repeat(50))
    for (const text of texts) await log.append([record(text)])
    expect(await scanTexts(log)).toEqual(texts)
    await log.close()
  })

  test('refuses appends while too much is waiting, and accepts them again afterwards', async () => {
    const log = await openEmbeddedLog({ folder: root.path, topic: newTopic(), maxQueuedBytes: 1_000 })
    const first = log.append([record('x'.repeat(900))])
    await expect(log.append([record('x'.repeat(200))])).rejects.toMatchObject({ code: 'log_unavailable', retryable: true })
    await first
    await eventually(async () => {
      await log.append([record('y')])
      return true
    })
    await log.close()
    await expect(log.append([record('z')])).rejects.toMatchObject({ code: 'log_unavailable' })
  })
})

test('a copy that is made while records are appended has all records that were durable before it, and the commits of that moment', async () => {
  const topic = newTopic()
  const folder = await tempFolder('log-copy')
  const log = await openEmbeddedLog({ folder: root.path, topic })
  try {
    for (let i = 0; i < 50; i++) await log.append([record(`before ${i}`)])
    const { consumer, result } = await withClaim(log, 'group', claim => claim.commit({ offset: 20, metadata: 'as far as 30' }))
    await result
    await consumer.stop()
    let copying = true
    const appending = (async () => {
      for (let i = 0; copying; i++) await log.append([record(`after ${i}`)])
    })()
    await log.copyTo?.(folder.path)
    copying = false
    await appending

    const copy = await openEmbeddedLog({ folder: folder.path, topic })
    try {
      const copied = await scanTexts(copy, 0)
      expect(copied).toEqual((await scanTexts(log, 0)).slice(0, copied.length))
      expect(copied.length).toBeGreaterThanOrEqual(50)
      expect(await copy.incarnation()).toBe(await log.incarnation())
      expect(await copy.commits('group')).toEqual(new Map([[0, { offset: 20, metadata: 'as far as 30' }]]))
      await copy.append([record('later')])
      expect((await scanTexts(copy, 0)).at(-1)).toBe('later')
    } finally {
      await copy.close()
    }
  } finally {
    await log.close()
    await folder.remove()
  }
})
