import { describe, expect, test } from 'vitest'
import { collect, type Logs, record, scanTexts, textOf } from './records.ts'

/** Records are stored in order and read back unchanged. */
export function describeAppending({ open, reopen }: Logs): void {
  describe('appending', () => {
    test('keeps the order of each partition, and assigns offsets from 0 without gaps', async () => {
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

    test('returns values and their binary headers unchanged', async () => {
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

    test('another process reads everything that was acknowledged', async () => {
      const log = await open()
      await log.append([record('a'), record('b')])
      const again = await reopen(log)
      expect(await scanTexts(again)).toEqual(['a', 'b'])
      await again.append([record('c')])
      expect(await scanTexts(again)).toEqual(['a', 'b', 'c'])
    })

    test('refuses a partition that does not exist', async () => {
      const log = await open()
      await expect(log.append([record('x', 1)])).rejects.toThrow(RangeError)
      expect(await scanTexts(log)).toEqual([])
    })
  })
}
