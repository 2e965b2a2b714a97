import { describe, expect, test } from 'vitest'
import { RowsRefused, type Warehouse } from '../index.ts'
import { AT, countOf, ndjson, numberedBatch, ROWS_PER_BATCH, sale, totals } from './batches.ts'

/** That a batch is stored once or not at all. */
export function describeInserting(warehouse: () => Warehouse): void {
  describe('tokens', () => {
    test('the same token counts once, in the table and in every view, whenever it comes again', async () => {
      const before = await totals(warehouse())
      const batches = Array.from({ length: 4 }, (_, number) => numberedBatch(number))
      for (const { rows, token } of [...batches, ...batches, ...batches.toReversed()]) await warehouse().insert('events', rows, token)
      const after = await totals(warehouse())
      expect((after?.rows ?? 0) - (before?.rows ?? 0)).toBe(4 * ROWS_PER_BATCH)
    })

    test('the same token sent at once from several places counts once', async () => {
      const { rows, token } = numberedBatch(4)
      const before = await totals(warehouse())
      await Promise.all(Array.from({ length: 6 }, () => warehouse().insert('events', rows, token)))
      const after = await totals(warehouse())
      expect((after?.rows ?? 0) - (before?.rows ?? 0)).toBe(ROWS_PER_BATCH)
    })

    test('equal rows under two tokens count twice', async () => {
      const minute = Date.UTC(2026, 5, 1)
      const rows = ndjson([{ partition: 9, minute, accepted: 10, stored: 10, duplicates: 0, dead_lettered: 0, rejected: 0 }])
      const letters = ndjson([{ at: minute, partition: 9, offset: 1, reason: 'r', bytes: '' }])
      for (const token of ['twin-1', 'twin-2', 'twin-1', 'twin-2']) {
        await warehouse().insert('ledger', rows, token)
        await warehouse().insert('dead_letters', letters, token)
        await warehouse().insert('events', ndjson([sale('twin')]), token)
      }
      expect(await warehouse().query('SELECT sum(accepted) AS accepted FROM ledger WHERE partition = 9')).toEqual([{ accepted: 20 }])
      expect(await countOf(warehouse(), 'dead_letters', 'partition = 9')).toBe(2)
      // In `events` an id is one event: what merges have not removed yet, FINAL leaves out.
      expect(await countOf(warehouse(), 'events FINAL', `id = 'twin'`)).toBe(1)
    })

    test('a token is forgotten by the statements after it', async () => {
      for (let number = 0; number < 5; number++) {
        await warehouse().insert('ledger', ndjson([{ partition: 8, minute: AT, accepted: 1 }]), `sticky-${number}`)
        await warehouse().query('SELECT 1')
      }
      expect(await warehouse().query('SELECT sum(accepted) AS accepted FROM ledger WHERE partition = 8')).toEqual([{ accepted: 5 }])
    })

    test('rows of many months under one token', async () => {
      const rows = ndjson(Array.from({ length: 150 }, (_, month) => sale(`month-${month}`, { timestamp: Date.UTC(2025, month % 150, 3) })))
      for (let time = 0; time < 3; time++) await warehouse().insert('events', rows, 'months')
      expect(await countOf(warehouse(), 'events', `startsWith(id, 'month-')`)).toBe(150)
      // A part a month and table, each flushed to disk.
    }, 120_000)
  })

  describe('rows refused', () => {
    const bad: readonly (readonly [string, string])[] = [
      ['a value of another type', JSON.stringify(sale('bad', { size: 'large' }))],
      ['cut off', JSON.stringify(sale('bad')).slice(0, -9)],
      ['not JSON', 'hello'],
      ['another statement after a line end', `${JSON.stringify(sale('bad'))}\n;DROP TABLE ledger`],
      ['another statement on the line', `${JSON.stringify(sale('bad'))};DROP TABLE ledger;SELECT 1`],
      ['another statement after a blank line', `${JSON.stringify(sale('bad'))}\n\n;\nDROP TABLE ledger;`],
    ]
    for (const [index, [what, text]] of bad.entries()) {
      test(`${what}: nothing of the batch is stored, and its token is free`, async () => {
        const before = await totals(warehouse())
        const good = ndjson(Array.from({ length: 1000 }, (_, place) => sale(`good-${index}-${place}`)))
        await expect(warehouse().insert('events', [...good, Buffer.from(text), ...good], `refused-${index}`)).rejects.toBeInstanceOf(
          RowsRefused,
        )
        expect(await totals(warehouse())).toEqual(before)
        expect(await warehouse().query('EXISTS TABLE ledger')).toEqual([{ result: 1 }])
        await warehouse().insert('events', good, `refused-${index}`)
        expect((await totals(warehouse()))?.rows).toBe((before?.rows ?? 0) + 1000)
      })
    }

    test('at the end of a batch larger than any block', async () => {
      const before = await totals(warehouse())
      const chunk = Buffer.from(`${JSON.stringify(sale('big', { size: 1 }))}\n`.repeat(10_000))
      const rows = [...Array.from({ length: 120 }, () => chunk), Buffer.from('{"size": "x"}\n')]
      await expect(warehouse().insert('events', rows, 'refused-big')).rejects.toBeInstanceOf(RowsRefused)
      expect(await totals(warehouse())).toEqual(before)
    })
  })
}
