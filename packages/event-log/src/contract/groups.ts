import { setImmediate as turn } from 'node:timers/promises'
import { eventually } from '@northstar/testkit'
import { describe, expect, test } from 'vitest'
import { type PartitionClaim, PartitionLost } from '../port.ts'
import { createGate, ended, type Logs, readCount, record, textOf, withClaim } from './records.ts'

/** How groups share partitions, and how their commits are kept. */
export function describeGroups({ open, reopen }: Logs): void {
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

    test('read again what was not committed before a crash', async () => {
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

    test('keep their commits with metadata for the next member', async () => {
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

    test('split the partitions among their members, and give those of a member that leaves to the others', async () => {
      const log = await open(4)
      const held = { first: new Set<number>(), second: new Set<number>() }
      const working = new Map<number, string>()
      const member = (name: 'first' | 'second') =>
        log.consume({
          group: 'g',
          async run(claim) {
            // A partition must never have two handlers at once.
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
}
