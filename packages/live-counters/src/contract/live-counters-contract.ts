import { eventsOf, parseKey, type Row } from '@northstar/events'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type BucketKey, bucketExpiry, pieces } from '../buckets.ts'
import { type Coverage, coverageAfter, fromTheBeginning, sinceOf } from '../coverage.ts'
import type { Deltas } from '../deltas.ts'
import { createFold } from '../fold.ts'
import { type Aggregate, type LiveCounters, type Position, PositionMoved, type Window } from '../index.ts'
import { KeySet } from '../key-set.ts'
import { readWindow } from '../read.ts'
import { AGGREGATES, checkReadings, expectWithin } from './check-readings.ts'
import { membersAfterRestart } from './members-after-restart.ts'
import { COLUMNS, pseudonym, randomRows, seeded } from './random-rows.ts'
import type { CountersUnderTest, OpenCounters } from './under-test.ts'

const NOW = Date.UTC(2026, 0, 20, 15, 45, 3)
const PARTITIONS = 2
const HOUR = 3_600_000
const DAY = 24 * HOUR

const COMMANDS = { kind: 'count', events: ['commands'], where: [] } as const satisfies Aggregate
const CRASHES = { ...COMMANDS, events: ['crash'] } as const satisfies Aggregate

export function liveCountersContract(name: string, underTest: CountersUnderTest): void {
  describe(`live counters: ${name}`, () => {
    let now = NOW
    let open: OpenCounters
    let counters: LiveCounters

    beforeAll(async () => {
      open = await underTest.open(PARTITIONS, () => now)
      counters = open.counters
    })
    afterAll(() => open.close())

    const begin = async () => {
      now = NOW
      await counters.reset()
    }
    const bucket: BucketKey = `1m:${NOW - (NOW % 60_000)}`

    test('an uncounted partition has no position; a counted one returns it', async () => {
      await begin()
      expect(await counters.position(0)).toBeNull()
      expect(await counters.apply(0, null, at(5, 2), delta(bucket, { 'abcdef=x': 3 }))).toBe('applied')
      expect(await counters.position(0)).toEqual(at(5, 2))
      expect(await counters.position(1)).toBeNull()
    })

    test('the start of an aggregate is known once all partitions count it', async () => {
      await begin()
      const first = at(3, 0, { since: { abcdef: 100, bcdefg: 200 }, until: 0 })
      await counters.apply(0, null, first, new Map())
      expect((await open.other.coverage()).since).toEqual({})
      await counters.apply(1, null, at(0, 0, { since: { abcdef: 0, bcdefg: 300, cdefgh: 0 }, until: 0 }), new Map())
      expect((await open.other.coverage()).since).toEqual({ abcdef: 100, bcdefg: 300 })
      expect(await open.other.position(0)).toEqual(first)
      // Nothing was counted in between, but another plan is another position.
      const anew = at(3, 0, { since: { abcdef: 100, cdefgh: 400 }, until: 5 })
      expect(await counters.apply(0, first, anew, new Map())).toBe('applied')
      await expect(open.other.apply(0, first, at(4), new Map())).rejects.toMatchObject({ code: 'position_moved', found: anew })
      expect((await counters.coverage()).since).toEqual({})
      await counters.apply(0, anew, { ...anew, offset: 5 }, new Map())
      expect((await counters.coverage()).since).toEqual({ abcdef: 100, cdefgh: 400 })
    })

    test('a window is answered only by aggregates that were counted during all of it', async () => {
      await begin()
      const since = NOW - (NOW % HOUR) - 6 * HOUR
      for (const partition of [0, 1])
        await counters.apply(partition, null, at(0, 0, { since: sinceOf([COMMANDS], since), until: 0 }), new Map())
      const read = (from: number, aggregates: readonly Aggregate[] = [COMMANDS]) =>
        readWindow(counters, aggregates, { from, to: from + HOUR }, NOW)
      expect(await read(since + HOUR)).toMatchObject([{ count: 0 }])
      // Events that arrived before `since` may have a time that is a few minutes after it.
      expect(await read(since)).toBeNull()
      expect(await read(since + HOUR, [COMMANDS, CRASHES])).toBeNull()
    })

    test('batches and partitions add up', async () => {
      await begin()
      await counters.apply(0, null, at(5), delta(bucket, { abcdef: 3, 'abcdef=x': 3, zzzzzz: 9 }))
      await counters.apply(0, at(5), at(7), delta(bucket, { abcdef: 2, 'abcdef=y': -2 }))
      await counters.apply(1, null, at(1), delta(bucket, { abcdef: 10 }))
      expect(await totals(counters, [bucket], ['abcdef'])).toEqual({ abcdef: 15, 'abcdef=x': 3, 'abcdef=y': -2 })
      expect(await totals(counters, [bucket], ['abcdef='])).toEqual({ 'abcdef=x': 3, 'abcdef=y': -2 })
      expect(await totals(counters, [bucket], ['abcdef', 'zzzzzz'])).toEqual({ abcdef: 15, 'abcdef=x': 3, 'abcdef=y': -2, zzzzzz: 9 })
      expect(await totals(counters, ['1m:0'], ['abcdef'])).toEqual({})
      expect(await totals(counters, [], ['abcdef'])).toEqual({})
    })

    test('the same batch applied twice counts once', async () => {
      await begin()
      const batch = delta(bucket, { abcdef: 3 }, { abcdef: ['00112233445566ff'] })
      expect(await counters.apply(0, null, at(5), batch)).toBe('applied')
      expect(await counters.apply(0, null, at(5), batch)).toBe('repeated')
      expect(await totals(counters, [bucket], ['abcdef'])).toEqual({ abcdef: 3 })
    })

    test('a worker adds nothing after another one has counted its partition further', async () => {
      await begin()
      await counters.apply(0, null, at(5), delta(bucket, { abcdef: 3 }))
      await counters.apply(0, at(5), at(9), delta(bucket, { abcdef: 4 }))
      const late = open.other.apply(0, at(5), at(8), delta(bucket, { abcdef: 100 }))
      await expect(late).rejects.toThrow(PositionMoved)
      await expect(late).rejects.toMatchObject({ code: 'position_moved', partition: 0, found: at(9) })
      await expect(counters.apply(0, null, at(8), delta(bucket, { abcdef: 100 }))).rejects.toThrow(PositionMoved)
      expect(await totals(counters, [bucket], ['abcdef'])).toEqual({ abcdef: 7 })
      expect(await counters.position(0)).toEqual(at(9))
    })

    test('only one of several workers that race for the same step counts', async () => {
      await begin()
      const attempts = Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? counters : open.other).apply(0, null, at(i + 1), delta(bucket, { abcdef: 1 })),
      )
      const settled = await Promise.allSettled(attempts)
      expect(settled.filter(attempt => attempt.status === 'fulfilled')).toHaveLength(1)
      expect(await totals(counters, [bucket], ['abcdef'])).toEqual({ abcdef: 1 })
    })

    test('reset removes positions and buckets, and stops running workers', async () => {
      await begin()
      await counters.apply(0, null, at(5), delta(bucket, { abcdef: 3 }, { abcdef: ['00112233445566ff'] }))
      await counters.apply(1, null, at(5), delta(bucket, { abcdef: 3 }))
      await open.other.reset()
      expect(await counters.position(0)).toBeNull()
      expect(await totals(counters, [bucket], ['abcdef'])).toEqual({})
      expect([...(await counters.uniques([bucket], ['abcdef']))]).toEqual([['abcdef', 0]])
      await expect(counters.apply(0, at(5), at(6), delta(bucket, { abcdef: 3 }))).rejects.toMatchObject({
        code: 'position_moved',
        found: null,
      })
      expect(await counters.apply(0, null, at(1), delta(bucket, { abcdef: 1 }))).toBe('applied')
    })

    test('reset of one partition does not change the others', async () => {
      await begin()
      const counts = delta(bucket, { abcdef: 3 }, { abcdef: ['00112233445566ff'] })
      await counters.apply(0, null, at(5), counts)
      await counters.apply(1, null, at(5), counts)
      await open.other.reset([1])
      expect([await counters.position(0), await counters.position(1)]).toEqual([at(5), null])
      expect(await totals(counters, [bucket], ['abcdef'])).toEqual({ abcdef: 3 })
      expect(await counters.apply(1, null, at(1), counts)).toBe('applied')
      expect(await totals(counters, [bucket], ['abcdef'])).toEqual({ abcdef: 6 })
    })

    test('members count again after a reset, and after another worker', async () => {
      await begin()
      const members = ['00112233445566ff', '8899aabbccddeeff', '0123456789abcdef']
      const batch = delta(bucket, { abcdef: 1 }, { abcdef: members })
      const unique = async () => (await counters.uniques([bucket], ['abcdef'])).get('abcdef')
      await counters.apply(0, null, at(1), batch)
      await counters.apply(0, at(1), at(2), batch)
      expect(await unique()).toBe(3)
      await open.other.reset()
      expect(await unique()).toBe(0)
      await counters.apply(0, null, at(1), batch)
      expect(await unique()).toBe(3)
      // The other worker starts from the beginning and is overtaken, so this one's known members are invalid.
      await open.other.reset()
      await open.other.apply(0, null, at(3), delta(bucket, { abcdef: 1 }))
      await expect(counters.apply(0, at(1), at(2), batch)).rejects.toThrow(PositionMoved)
      await counters.apply(0, at(3), at(4), batch)
      expect(await unique()).toBe(3)
    })

    test('a member of several partitions counts once', async () => {
      await begin()
      const [one, two, three] = ['00112233445566ff', '8899aabbccddeeff', '0123456789abcdef']
      const hour: BucketKey = `1h:${NOW - (NOW % HOUR)}`
      await counters.apply(0, null, at(1), delta(bucket, {}, { abcdef: [one, two] }))
      await counters.apply(1, null, at(1), delta(bucket, {}, { abcdef: [two, three], bcdefg: [three] }))
      await counters.apply(1, at(1), at(2), delta(hour, {}, { abcdef: [one] }))
      expect([...(await counters.uniques([bucket, hour], ['abcdef', 'bcdefg', 'cdefgh']))]).toEqual([
        ['abcdef', 3],
        ['bcdefg', 1],
        ['cdefgh', 0],
      ])
    })

    test('buckets expire', async () => {
      await begin()
      const short: BucketKey = `10s:${NOW - (NOW % 10_000)}`
      const both: Deltas = new Map([...delta(short, { abcdef: 1 }, { abcdef: [pseudonym(Math.random)] }), ...delta(bucket, { abcdef: 1 })])
      now = bucketExpiry(short) - 300
      await counters.apply(0, null, at(1), both)
      expect(await totals(counters, [short], ['abcdef'])).toEqual({ abcdef: 1 })
      now = bucketExpiry(short)
      await vi.waitFor(async () => {
        expect(await totals(counters, [short], ['abcdef'])).toEqual({})
        expect((await counters.uniques([short], ['abcdef'])).get('abcdef')).toBe(0)
      }, 10_000)
      // Additions to an expired bucket move the position and are not kept.
      expect(await counters.apply(0, at(1), at(2), both)).toBe('applied')
      expect(await totals(counters, [short], ['abcdef'])).toEqual({})
      expect(await totals(counters, [bucket], ['abcdef'])).toEqual({ abcdef: 2 })
    })

    test('after a clock was ahead no window is low: finer buckets are complete or not answered', async () => {
      await begin()
      const fold = createFold([COMMANDS])
      const minute = NOW - (NOW % 60_000)
      const event = (timestamp: number, received_at: number): Row => ({
        event: 'commands',
        id: `${timestamp}`,
        timestamp,
        received_at,
        user_id: '',
        session_id: '',
      })
      let position = at(0, 0, fromTheBeginning([COMMANDS]))
      for (const partition of [0, 1]) await counters.apply(partition, null, position, new Map())
      const count = async (list: readonly Row[], lastAt: number) => {
        fold.add(eventsOf(COLUMNS, list))
        const coverage = position.coverage && coverageAfter(position.coverage, lastAt, fold.newest())
        const next = { ...position, offset: position.offset + 1, lastAt, coverage }
        await counters.apply(0, position, next, fold.take())
        position = next
      }
      const read = async (from: number, to: number) => (await readWindow(counters, [COMMANDS], { from, to }, now))?.[0]?.count ?? null
      await count([event(minute - 90_000, NOW)], NOW)
      // A day ahead: these events are too old for buckets of 10 s, and older buckets of 10 s expire.
      await count([event(minute - 30_000, NOW + DAY), event(minute - 20_000, NOW + DAY)], NOW + DAY)
      now = NOW + 60_000
      await count([event(minute + 5_000, now)], now)
      expect(await read(minute - 60_000, minute)).toBe(2)
      expect(await read(minute - 120_000, minute)).toBe(3)
      expect(await read(minute - 30_000, minute - 10_000)).toBeNull()
      expect(await read(minute, minute + 60_000)).toBe(1)
      // A worker's clock does not expire buckets.
      now = NOW + DAY
      await count([event(minute + 6_000, NOW + 70_000)], NOW + 70_000)
      now = NOW + 80_000
      expect(await read(minute, minute + 60_000)).toBe(2)
    })

    test('a horizon far ahead is reset, and everything counts as counted anew', () => {
      const held = coverageAfter({ since: { abcdef: 0 }, until: 0 }, NOW + 300 * DAY, 0)
      expect(held).toMatchObject({ since: { abcdef: 0 }, horizon: NOW + 300 * DAY })
      expect(coverageAfter(held, NOW, NOW)).toEqual({ since: { abcdef: NOW }, until: 0, horizon: NOW })
    })

    test('a listener is called for other connections, until it ends', async () => {
      await begin()
      const listener = vi.fn()
      const end = open.other.onAdvance(listener)
      let offset: Position | null = null
      const step = async () => {
        const next = at((offset?.offset ?? 0) + 1)
        await counters.apply(0, offset, next, delta(bucket, { abcdef: 1 }))
        offset = next
      }
      await vi.waitFor(async () => {
        await step()
        expect(listener).toHaveBeenCalledWith(new Set(['abcdef']))
      })
      end()
      const before = listener.mock.calls.length
      let others = 0
      const endOther = open.other.onAdvance(() => others++)
      await vi.waitFor(async () => {
        await step()
        expect(others).toBeGreaterThan(1)
      })
      endOther()
      expect(listener).toHaveBeenCalledTimes(before)
    })

    test('a batch of any size is one step', async () => {
      await begin()
      const random = seeded(7)
      const fields = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`abcdef=${i}`, i + 1]))
      const members = Array.from({ length: 100_000 }, () => pseudonym(random))
      await counters.apply(0, null, at(1), delta(bucket, fields, { abcdef: members }))
      expect(await totals(counters, [bucket], ['abcdef'])).toEqual(fields)
      expectWithin((await counters.uniques([bucket], ['abcdef'])).get('abcdef'), members.length, 0.02)
    })

    test('a sum beyond the exact range does not affect others', async () => {
      await begin()
      for (let i = 0; i < 3; i++) {
        await counters.apply(0, i === 0 ? null : at(i), at(i + 1), delta(bucket, { abcdef: Number.MAX_SAFE_INTEGER, bcdefg: 1 }))
      }
      expect(await totals(counters, [bucket], ['bcdefg'])).toEqual({ bcdefg: 3 })
    })

    test('windows merge buckets: counts and sums are exact, percentiles within 1%, uniques within their error; events without the property are a member', async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 1_500 }), fc.integer({ min: 1, max: 400 }), async (seed, count, batch) => {
          await begin()
          const rows = randomRows(count, NOW, 36 * DAY, seed)
          await countAll(counters, rows, batch)
          for (const window of windowsToTry(seed)) {
            const readings = await readWindow(counters, AGGREGATES, window, NOW)
            expect(readings === null).toBe(pieces(window, NOW) === null)
            if (readings)
              checkReadings(
                readings,
                rows.filter(row => row.timestamp >= window.from && row.timestamp < window.to),
              )
          }
        }),
        { numRuns: 15 },
      )
    })

    membersAfterRestart(underTest)
  })
}

async function countAll(counters: LiveCounters, rows: readonly Row[], batch: number): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const own = rows.filter(row => Number.parseInt((row.user_id || row.session_id || '0').slice(-1), 16) % PARTITIONS === partition)
    const fold = createFold(AGGREGATES)
    let position = await begun(counters, partition)
    for (let i = 0; i < own.length; i += batch) {
      fold.add(eventsOf(COLUMNS, own.slice(i, i + batch)))
      const next = at(Math.min(i + batch, own.length), 0, EVERYTHING)
      await counters.apply(partition, position, next, fold.take())
      position = next
    }
  }
}

function windowsToTry(seed: number): readonly Window[] {
  const random = seeded(seed)
  const tens = (time: number) => Math.floor(time / 10_000) * 10_000
  const hour = Math.floor(NOW / HOUR) * HOUR
  return [
    { from: tens(NOW) - 300_000, to: tens(NOW) + 10_000 },
    { from: tens(NOW - random() * 7_000_000), to: tens(NOW) },
    { from: tens(NOW - HOUR - random() * HOUR), to: tens(NOW - random() * HOUR) + 10_000 },
    { from: hour - 30 * HOUR + 60_000 * Math.floor(random() * 60), to: hour + 60_000 },
    { from: hour - 7 * DAY, to: hour },
    { from: hour - 34 * DAY, to: hour + DAY },
    { from: hour - 100 * DAY, to: hour },
    { from: tens(NOW) - 1, to: tens(NOW) },
  ]
}

function at(offset: number, windowStart = 0, coverage?: Coverage): Position {
  return { log: 'log', offset, lastAt: offset, windowStart, ...(coverage && { coverage }) }
}

const EVERYTHING = fromTheBeginning(AGGREGATES)

/** Starts a partition without counts; returns its position. */
async function begun(counters: LiveCounters, partition: number): Promise<Position> {
  const position = at(0, 0, EVERYTHING)
  await counters.apply(partition, null, position, new Map())
  return position
}

function delta(bucket: BucketKey, add: Record<string, number>, unique: Record<string, readonly string[]> = {}): Deltas {
  return new Map([
    [
      bucket,
      { add: new Map(Object.entries(add)), unique: new Map(Object.entries(unique).map(([field, members]) => [field, keysOf(members)])) },
    ],
  ])
}

const keysOf = (texts: readonly string[]) => KeySet.of(texts.map(text => parseKey(text) ?? { high: 0, low: 0 }))

async function totals(counters: LiveCounters, buckets: readonly BucketKey[], prefixes: readonly string[]): Promise<Record<string, number>> {
  return Object.fromEntries(await counters.totals(buckets, prefixes))
}
