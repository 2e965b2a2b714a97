import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { eventually } from '@northstar/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { type EventLog, type PartitionClaim, PartitionLost } from '../index.ts'
import { createGate, ended, readCount, record, scanTexts, textOf, withClaim } from './records.ts'

export interface LogUnderTest {
  /** Opens a log that nobody has used. */
  open(partitions: number, drainTimeoutMs?: number): Promise<EventLog>
  /** Closes the log and opens it as another process would. */
  reopen(log: EventLog): Promise<EventLog>
}

/** What every adapter of the event log promises. */
export function eventLogContract(name: string, make: () => LogUnderTest): void {
  describe(`event log: ${name}`, () => {
    const opened: EventLog[] = []
    const under = make()
    async function open(partitions = 1, drainTimeoutMs?: number): Promise<EventLog> {
      const log = await under.open(partitions, drainTimeoutMs)
      opened.push(log)
      return log
    }
    async function reopen(log: EventLog): Promise<EventLog> {
      opened.splice(opened.indexOf(log), 1)
      const again = await under.reopen(log)
      opened.push(again)
      return again
    }
    afterEach(async () => {
      await Promise.all(opened.splice(0).map(log => log.close()))
    })

    describe('appending', () => {
      test('keeps the order of each partition, and gives offsets from 0 without gaps', async () => {
        const log = await open(3)
        const expected: string[][] = [[], [], []]
        const appends: Promise<void>[] = []
        for (let index = 0; index < 300; index += 1) {
          const partition = index % 3
          expected[partition]?.push(`${index}`)
          appends.push(log.append([record(`${index}`, partition)]))
        }
        await Promise.all(appends)
        for (const partition of [0, 1, 2]) {
          const offsets: number[] = []
          const texts: string[] = []
          let last = 0
          for await (const stored of log.scan(partition, { offset: 0 })) {
            offsets.push(stored.offset)
            texts.push(textOf(stored))
            expect(stored.partition).toBe(partition)
            expect(stored.appendedAt).toBeGreaterThanOrEqual(last)
            last = stored.appendedAt
          }
          expect(texts).toEqual(expected[partition])
          expect(offsets).toEqual(texts.map((_, offset) => offset))
        }
        expect(await log.bounds()).toEqual([0, 1, 2].map(partition => ({ partition, earliest: 0, next: 100 })))
      })

      test('gives chunks and their binary headers back byte by byte', async () => {
        const log = await open()
        const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)
        const value = Buffer.alloc(256 * 1024, everyByte)
        const headers = { v: Buffer.from('1'), ids: everyByte, empty: new Uint8Array(0) }
        await log.append([{ partition: 0, value, headers }])
        const [stored] = await collect(log)
        expect(Buffer.compare(Buffer.from(stored?.value ?? []), value)).toBe(0)
        expect(Object.keys(stored?.headers ?? {}).sort()).toEqual(['empty', 'ids', 'v'])
        expect(Buffer.from(stored?.headers.ids ?? [])).toEqual(Buffer.from(everyByte))
        expect(stored?.headers.empty?.byteLength).toBe(0)
      })

      test('has kept what it acknowledged when another process looks', async () => {
        const log = await open()
        await log.append([record('a'), record('b')])
        const again = await reopen(log)
        expect(await scanTexts(again)).toEqual(['a', 'b'])
        await again.append([record('c')])
        expect(await scanTexts(again)).toEqual(['a', 'b', 'c'])
      })

      test('refuses a partition that there is not', async () => {
        const log = await open()
        await expect(log.append([record('x', 1)])).rejects.toThrow(RangeError)
        expect(await scanTexts(log)).toEqual([])
      })
    })

    describe('groups', () => {
      test('do not see each other', async () => {
        const log = await open()
        await log.append([record('a'), record('b')])
        const first = await withClaim(log, 'first', async claim => {
          const records = await readCount(claim, 0, 2)
          await claim.commit({ offset: 2, metadata: '' })
          return records.map(textOf)
        })
        expect(await first.result).toEqual(['a', 'b'])
        const second = await withClaim(log, 'second', async claim => {
          expect(claim.committed).toBeNull()
          return (await readCount(claim, 0, 2)).map(textOf)
        })
        expect(await second.result).toEqual(['a', 'b'])
        expect(await log.commits('second')).toEqual(new Map())
        expect(await log.commits('first')).toEqual(new Map([[0, { offset: 2, metadata: '' }]]))
      })

      test('get again what was read and not committed before a crash', async () => {
        const log = await open()
        await log.append([record('a'), record('b'), record('c')])
        const crashing = await log.consume({
          group: 'g',
          async run(claim) {
            await readCount(claim, 0, 3)
            await claim.commit({ offset: 1, metadata: 'one' })
            throw new Error('crash')
          },
        })
        await expect(crashing.failed).rejects.toThrow('crash')
        const next = await withClaim(log, 'g', async claim => {
          expect(claim.committed).toEqual({ offset: 1, metadata: 'one' })
          return (await readCount(claim, 1, 2)).map(textOf)
        })
        expect(await next.result).toEqual(['b', 'c'])
      })

      test('have their commits with metadata kept for whoever comes next', async () => {
        const log = await open()
        await log.append([record('a')])
        const metadata = JSON.stringify({ to: 7, pad: 'é'.repeat(2000) })
        const first = await withClaim(log, 'g', async claim => {
          await expect(claim.commit({ offset: 1, metadata: 'x'.repeat(4097) })).rejects.toThrow(RangeError)
          await claim.commit({ offset: 1, metadata })
        })
        await first.result
        await first.consumer.stop()
        const again = await reopen(log)
        expect(await again.commits('g')).toEqual(new Map([[0, { offset: 1, metadata }]]))
        const next = await withClaim(again, 'g', async claim => claim.committed)
        expect(await next.result).toEqual({ offset: 1, metadata })
      })

      test('split the partitions among their members, and give them to who stays', async () => {
        const log = await open(4)
        const held = { first: new Set<number>(), second: new Set<number>() }
        const working = new Map<number, string>()
        const member = (name: 'first' | 'second') =>
          log.consume({
            group: 'g',
            async run(claim) {
              // A partition must never be worked on twice at once.
              expect(working.get(claim.partition)).toBeUndefined()
              working.set(claim.partition, name)
              held[name].add(claim.partition)
              await ended(claim)
              await turn()
              held[name].delete(claim.partition)
              working.delete(claim.partition)
            },
          })
        const first = await member('first')
        await eventually(() => held.first.size === 4)
        const second = await member('second')
        await eventually(() => held.first.size === 2 && held.second.size === 2)
        expect([...held.first, ...held.second].sort()).toEqual([0, 1, 2, 3])
        await first.stop()
        await eventually(() => held.second.size === 4)
        expect(held.first.size).toBe(0)
        await second.stop()
        expect(working.size).toBe(0)
      })

      test('lose, double and reorder nothing when members come and go while records flow', async () => {
        const log = await open(2)
        const seen: string[][] = [[], []]
        const member = () =>
          log.consume({
            group: 'g',
            async run(claim) {
              const reader = claim.read(claim.committed?.offset ?? 0)
              while (!claim.signal.aborted) {
                const records = await reader.next({ lingerMs: 5 })
                const last = records.at(-1)
                if (!last) continue
                await claim.commit({ offset: last.offset + 1, metadata: '' })
                seen[claim.partition]?.push(...records.map(textOf))
              }
            },
          })
        const sent: string[] = []
        let flowing = true
        const flow = (async () => {
          while (flowing) {
            const text = String(sent.length)
            await log.append([record(text, 0), record(text, 1)])
            sent.push(text)
          }
        })()
        const progress = async () => {
          const before = seen.map(texts => texts.length)
          await eventually(() => seen.every((texts, partition) => texts.length > (before[partition] ?? 0) + 5))
        }
        const first = await member()
        await progress()
        const second = await member()
        await progress()
        await first.stop()
        await progress()
        const third = await member()
        await progress()
        flowing = false
        await flow
        await eventually(() => seen.every(texts => texts.length >= sent.length))
        expect(seen).toEqual([sent, sent])
        expect([second.health().healthy, third.health().healthy]).toEqual([true, true])
      })

      test('refuse the commit of a claim that has ended', async () => {
        const log = await open()
        await log.append([record('a')])
        const old = createGate<PartitionClaim>()
        const first = await log.consume({
          group: 'g',
          async run(claim) {
            old.open(claim)
            await ended(claim)
          },
        })
        const stale = await old.promise
        await first.stop()
        await expect(stale.commit({ offset: 1, metadata: 'stale' })).rejects.toBeInstanceOf(PartitionLost)
        expect(await log.commits('g')).toEqual(new Map())
      })
    })

    describe('a handler', () => {
      test('that throws fails the consumer', async () => {
        const log = await open()
        const consumer = await log.consume({
          group: 'g',
          async run() {
            throw new Error('broken')
          },
        })
        await expect(consumer.failed).rejects.toThrow('broken')
        expect(consumer.health().healthy).toBe(false)
        await consumer.stop()
      })

      test('that returns while it has its partition fails the consumer', async () => {
        const log = await open()
        const consumer = await log.consume({ group: 'g', run: async () => {} })
        await expect(consumer.failed).rejects.toThrow('before its claim had ended')
        expect(consumer.health().healthy).toBe(false)
      })

      test('that does not return after its claim has ended fails the consumer, within bounds', async () => {
        const log = await open(1, 200)
        const started = createGate()
        const consumer = await log.consume({
          group: 'g',
          run: () => {
            started.open()
            return new Promise(() => {})
          },
        })
        await started.promise
        const failed = expect(consumer.failed).rejects.toThrow('did not return')
        await consumer.stop()
        await failed
      })

      test('finishes and commits what it works on before stop resolves', async () => {
        const log = await open()
        await log.append([record('a')])
        const working = createGate()
        const finish = createGate()
        let finished = false
        const consumer = await log.consume({
          group: 'g',
          async run(claim) {
            const reader = claim.read(0)
            await reader.next()
            working.open()
            await finish.promise
            expect(claim.signal.aborted).toBe(true)
            await claim.commit({ offset: 1, metadata: 'drained' })
            expect(await reader.next()).toEqual([])
            finished = true
          },
        })
        await working.promise
        const stopped = consumer.stop()
        finish.open()
        await stopped
        expect(finished).toBe(true)
        expect(await log.commits('g')).toEqual(new Map([[0, { offset: 1, metadata: 'drained' }]]))
        await consumer.stop()
        await consumer.failed
      })

      test('that waits for records gets [] when the consumer stops', async () => {
        const log = await open()
        const answer = createGate<number>()
        const waiting = createGate()
        const consumer = await log.consume({
          group: 'g',
          async run(claim) {
            const next = claim.read(0).next()
            waiting.open()
            answer.open((await next).length)
          },
        })
        await waiting.promise
        await consumer.stop()
        expect(await answer.promise).toBe(0)
      })

      test('that asks for what lies past the end fails rather than wait for ever', async () => {
        const log = await open()
        await log.append([record('a')])
        const { result } = await withClaim(log, 'g', claim => claim.read(5).next())
        await expect(result).rejects.toThrow(RangeError)
      })

      test('that is slow does not make the log fill the memory', async () => {
        const log = await open()
        const value = Buffer.alloc(100 * 1024, 'x')
        for (let round = 0; round < 4; round += 1) {
          await log.append(Array.from({ length: 100 }, () => ({ partition: 0, value: Buffer.from(value), headers: {} })))
        }
        const { result } = await withClaim(log, 'g', async claim => {
          const reader = claim.read(0)
          let most = 0
          await reader.next({ maxBytes: 1 })
          const start = buffersInUse()
          for (let index = 0; index < 50; index += 1) {
            const records = await reader.next({ maxBytes: 1 })
            expect(records.map(({ offset }) => offset)).toEqual([index + 1])
            await turn()
            if (index % 10 === 0) most = Math.max(most, buffersInUse() - start)
          }
          return most
        })
        // 40 MB lie in the log; a few fetches of 1 MiB are under way at most.
        expect(await result).toBeLessThan(12 * 1024 * 1024)
      })
    })

    describe('reader.next', () => {
      test('stops at maxBytes, but gives one record at least', async () => {
        const log = await open()
        await log.append(['aaaa', 'bbbb', 'cccc', 'dddddddddddd'].map(text => record(text)))
        const { result } = await withClaim(log, 'g', async claim => {
          const reader = claim.read(0)
          const reads: string[][] = []
          for (const maxBytes of [9, 9, 1]) reads.push((await reader.next({ maxBytes, lingerMs: 5_000 })).map(textOf))
          return reads
        })
        expect(await result).toEqual([['aaaa', 'bbbb'], ['cccc'], ['dddddddddddd']])
      })

      test('gives nothing at or past `before`, and [] where nothing before it can come', async () => {
        const log = await open()
        await log.append(['a', 'b', 'c'].map(text => record(text)))
        const { result } = await withClaim(log, 'g', async claim => {
          const reader = claim.read(0)
          const seen: string[] = []
          while (seen.length < 2) seen.push(...(await reader.next({ before: 2 })).map(textOf))
          const none = await reader.next({ before: 2 })
          const rest = await reader.next()
          return { seen, none, rest: rest.map(textOf) }
        })
        expect(await result).toEqual({ seen: ['a', 'b'], none: [], rest: ['c'] })
      })

      test('waits for the first record, then lingers for more', async () => {
        const log = await open()
        const waiting = createGate()
        const { result } = await withClaim(log, 'g', async claim => {
          const next = claim.read(0).next({ lingerMs: 60_000, maxBytes: 3 })
          waiting.open()
          return (await next).map(textOf)
        })
        await waiting.promise
        for (const text of ['a', 'b', 'c']) await log.append([record(text)])
        expect(await result).toEqual(['a', 'b', 'c'])
      })

      test('lingers no longer once nothing has come for quietMs', async () => {
        const log = await open()
        await log.append([record('a')])
        const { result } = await withClaim(log, 'g', async claim =>
          (await claim.read(0).next({ lingerMs: 600_000, quietMs: 50, maxBytes: 1_000 })).map(textOf),
        )
        expect(await result).toEqual(['a'])
      })

      test('gives [] after idleMs without a record, and goes on afterwards', async () => {
        const log = await open()
        const idled = createGate()
        const { result } = await withClaim(log, 'g', async claim => {
          const reader = claim.read(0)
          expect(await reader.next({ idleMs: 20 })).toEqual([])
          expect(claim.signal.aborted).toBe(false)
          idled.open()
          return (await reader.next()).map(textOf)
        })
        await idled.promise
        await log.append([record('a')])
        expect(await result).toEqual(['a'])
      })

      test('reads back what lies before the committed offset', async () => {
        const log = await open()
        await log.append(['a', 'b', 'c', 'd'].map(text => record(text)))
        const first = await withClaim(log, 'g', claim => claim.commit({ offset: 3, metadata: '' }))
        await first.result
        await first.consumer.stop()
        const second = await withClaim(log, 'g', async claim => {
          const start = claim.committed?.offset ?? 0
          const window = await readCount({ ...claim, read: () => claim.read(1) }, 1, 1)
          const reader = claim.read(start)
          return { window: window[0] && textOf(window[0]), next: (await reader.next()).map(textOf) }
        })
        expect(await second.result).toEqual({ window: 'b', next: ['d'] })
      })
    })

    test('scan starts at a time, or at an offset', async () => {
      const log = await open()
      await log.append([record('a')])
      await log.append([record('b')])
      const before = await collect(log)
      const last = before.at(-1)?.appendedAt ?? 0
      await eventually(() => Date.now() > last + 1)
      await log.append([record('c')])
      await log.append([record('d')])
      const later: string[] = []
      for await (const stored of log.scan(0, { time: last + 1 })) later.push(textOf(stored))
      expect(later).toEqual(['c', 'd'])
      const all: string[] = []
      for await (const stored of log.scan(0, { time: before[0]?.appendedAt ?? 0 })) all.push(textOf(stored))
      expect(all).toEqual(['a', 'b', 'c', 'd'])
      const none: string[] = []
      for await (const stored of log.scan(0, { time: Date.now() + 3_600_000 })) none.push(textOf(stored))
      expect(none).toEqual([])
      const part: string[] = []
      for await (const stored of log.scan(0, { offset: 3 })) part.push(textOf(stored))
      expect(part).toEqual(['d'])
    })

    test('says that it is healthy while it is', async () => {
      const log = await open()
      expect((await log.health()).healthy).toBe(true)
    })
  })
}

async function collect(log: EventLog) {
  const records = []
  for await (const stored of log.scan(0, { offset: 0 })) records.push(stored)
  return records
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function buffersInUse(): number {
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}
