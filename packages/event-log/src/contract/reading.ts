import { describe, expect, test } from 'vitest'
import { createGate, type Logs, readCount, record, textOf, withClaim } from './records.ts'

/** How a claim reads its partition. */
export function describeReading({ open }: Logs): void {
  describe('reader.next', () => {
    test('stops at maxBytes, but returns at least one record', async () => {
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

    test('returns nothing at or past `before`, and [] once it has reached `before`', async () => {
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

    test('stops lingering once nothing has arrived for quietMs', async () => {
      const log = await open()
      await log.append([record('a')])
      const { result } = await withClaim(log, 'g', async claim =>
        (await claim.read(0).next({ lingerMs: 600_000, quietMs: 50, maxBytes: 1_000 })).map(textOf),
      )
      expect(await result).toEqual(['a'])
    })

    test('returns [] after idleMs without a record, and continues afterwards', async () => {
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

    test('reads records before the committed offset', async () => {
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
}
