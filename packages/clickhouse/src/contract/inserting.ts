import { describe, expect, test } from 'vitest'
import { RowsRefused, type Warehouse } from '../port.ts'
import { AT, blockOf, countOf, hasId, ndjson, numberedBatch, ROWS_PER_BATCH, sale, totals } from './batches.ts'

/** Tests that a batch is stored once or not at all. */
export function describeInserting(warehouse: () => Warehouse): void {
  describe('tokens', () => {
    test('the same token counts once, in the table and in every view, whenever it is repeated', async () => {
      const before = await totals(warehouse())
      const batches = Array.from({ length: 4 }, (_, number) => numberedBatch(number))
      for (const { block, token } of [...batches, ...batches, ...batches.toReversed()])
        await warehouse().insertBlock('events', block, token)
      const after = await totals(warehouse())
      expect((after?.rows ?? 0) - (before?.rows ?? 0)).toBe(4 * ROWS_PER_BATCH)
    })

    test('concurrent inserts with the same token count once', async () => {
      const { block, token } = numberedBatch(4)
      const before = await totals(warehouse())
      await Promise.all(Array.from({ length: 6 }, () => warehouse().insertBlock('events', block, token)))
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
        await warehouse().insertBlock('events', blockOf([sale('twin')]), token)
      }
      expect(await warehouse().query('SELECT sum(accepted) AS accepted FROM ledger WHERE partition = 9')).toEqual([{ accepted: 20 }])
      expect(await countOf(warehouse(), 'dead_letters', 'partition = 9')).toBe(2)
      // In `events` an id is one event: FINAL omits rows that merges have not removed yet.
      expect(await countOf(warehouse(), 'events FINAL', hasId('twin'))).toBe(1)
    })

    test('a token does not apply to later statements', async () => {
      for (let number = 0; number < 5; number++) {
        await warehouse().insert('ledger', ndjson([{ partition: 8, minute: AT, accepted: 1 }]), `sticky-${number}`)
        await warehouse().query('SELECT 1')
      }
      expect(await warehouse().query('SELECT sum(accepted) AS accepted FROM ledger WHERE partition = 8')).toEqual([{ accepted: 5 }])
    })

    test('rows of many months under one token', async () => {
      const block = blockOf(
        Array.from({ length: 150 }, (_, month) => sale('', { timestamp: Date.UTC(2025, month % 150, 3), note: `month-${month}` })),
      )
      for (let time = 0; time < 3; time++) await warehouse().insertBlock('events', block, 'months')
      expect(await countOf(warehouse(), 'events', `startsWith(note, 'month-')`)).toBe(150)
      // A part a month and table, each flushed to disk.
    }, 120_000)
  })

  test('deleted rows are removed from the table, its projections and its files, and the others stay', async () => {
    const [gone, kept] = ['00000000000dead1', '000000000000a11e']
    const sales = [gone, kept].flatMap(user_id => ['deleted-1', 'deleted-2'].map(note => sale('', { user_id, note, amount: 2 })))
    await warehouse().insertBlock('events', blockOf(sales), 'deleted')
    await warehouse().deleteRows('events', 'user_key = 0xdead1')
    expect(await countOf(warehouse(), 'events', `user_id = '${gone}'`)).toBe(0)
    expect(await countOf(warehouse(), 'events', `user_id = '${kept}' AND startsWith(note, 'deleted-')`)).toBe(2)
    const parts = await warehouse().query<{ n: number }>(
      "SELECT count() AS n FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND NOT active AND remove_time < now() - 30",
    )
    expect(parts).toEqual([{ n: 0 }])
    await expect(warehouse().deleteRows('events', 'throwIf(user_key = 0xa11e) = 0')).rejects.toMatchObject({ code: 'query_failed' })
    expect(await countOf(warehouse(), 'events', `user_id = '${kept}'`)).toBe(2)
    // The table takes inserts as before.
    await warehouse().insertBlock('events', blockOf([sale('', { note: 'deleted-after' })]), 'deleted-after')
    expect(await countOf(warehouse(), 'events', "note = 'deleted-after'")).toBe(1)
  })

  describe('rows refused', () => {
    const line = (fields: object) => JSON.stringify({ partition: 6, minute: AT, accepted: 1, ...fields })
    const bad: readonly (readonly [string, string])[] = [
      ['a value of another type', line({ accepted: 'many' })],
      ['cut off', line({}).slice(0, -3)],
      ['not JSON', 'hello'],
      ['another statement after a line end', `${line({})}\n;DROP TABLE ledger`],
      ['another statement on the line', `${line({})};DROP TABLE ledger;SELECT 1`],
      ['another statement after a blank line', `${line({})}\n\n;\nDROP TABLE ledger;`],
    ]
    const accepted = async () =>
      (await warehouse().query<{ n: number }>('SELECT sum(accepted) AS n FROM ledger WHERE partition = 6'))[0]?.n ?? 0
    for (const [index, [what, text]] of bad.entries()) {
      test(`${what}: nothing of the batch is stored, and its token is free`, async () => {
        const before = await accepted()
        const good = ndjson(Array.from({ length: 1000 }, () => ({ partition: 6, minute: AT, accepted: 1 })))
        await expect(warehouse().insert('ledger', [...good, Buffer.from(text), ...good], `refused-${index}`)).rejects.toBeInstanceOf(
          RowsRefused,
        )
        expect(await accepted()).toBe(before)
        expect(await warehouse().query('EXISTS TABLE ledger')).toEqual([{ result: 1 }])
        await warehouse().insert('ledger', good, `refused-${index}`)
        expect(await accepted()).toBe(before + 1000)
      })
    }
  })

  describe('blocks refused', () => {
    const blockFor = (note: string, count = 1000) =>
      blockOf(Array.from({ length: count }, (_, index) => sale(`${note}-${index}`, { note })))
    const stored = (note: string) => countOf(warehouse(), 'events', `note = '${note}'`)
    const cases: readonly (readonly [string, (note: string) => Uint8Array])[] = [
      ['cut off', note => blockFor(note).subarray(0, -9)],
      ['cut off after more than a million rows', note => blockFor(note, 1_200_000).subarray(0, -1)],
      ['not a block', () => Buffer.from('hello')],
      ['another statement', () => Buffer.from('\n;DROP TABLE ledger;')],
    ]
    for (const [index, [what, make]] of cases.entries()) {
      test(`${what}: nothing is stored, and the token is free`, async () => {
        const note = `refused-${index}`
        const block = make(note)
        await expect(warehouse().tryBlock('events', block)).rejects.toBeInstanceOf(RowsRefused)
        await expect(warehouse().insertBlock('events', block, note)).rejects.toBeInstanceOf(RowsRefused)
        expect(await stored(note)).toBe(0)
        expect(await warehouse().query('EXISTS TABLE ledger')).toEqual([{ result: 1 }])
        await warehouse().insertBlock('events', blockFor(note), note)
        expect(await stored(note)).toBe(1000)
      })
    }

    test('a trial of a good block stores nothing, in the table or in a view', async () => {
      const user_id = '00c0ffee00c0ffee'
      await warehouse().tryBlock(
        'events',
        blockOf([sale('trial', { user_id, size: 1, note: 'trial', ok: true, amount: 1, platform: 'linux' })]),
      )
      expect(await stored('trial')).toBe(0)
      expect(await countOf(warehouse(), 'user_first', `user_id = '${user_id}'`)).toBe(0)
    })
  })
}
