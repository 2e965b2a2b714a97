import type { Column } from '@northstar/catalogue'
import { eventsOf, hashKey, keyText, type Row } from '@northstar/events'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Aggregate } from './aggregate.ts'
import { AGGREGATES } from './contract/check-readings.ts'
import { bucketsOf, type PlainDelta, plainFold } from './contract/plain-fold.ts'
import { COLUMNS, randomRows } from './contract/random-rows.ts'
import { binName, binOf } from './ddsketch.ts'
import { type Deltas, mergeBucketDeltas } from './deltas.ts'
import { aggregateCode, aggregateKey, everybodyField } from './fields.ts'
import { createFold } from './fold.ts'
import { KeySet } from './key-set.ts'
import { createAdmission } from './members.ts'

const NOW = Date.UTC(2026, 0, 20, 15, 45, 3)
const HOUR = 3_600_000

function row(properties: Partial<Row>): Row {
  return { event: 'e', id: '1', timestamp: NOW, received_at: NOW, user_id: '', session_id: '', ...properties } as Row
}

const TYPED: readonly Column[] = [
  ...['a', 'b', 'c'].map(name => ({ name, type: 'boolean', lowCardinality: false }) as const),
  { name: 'n', type: 'number', lowCardinality: false },
  { name: 'p', type: 'string', lowCardinality: true },
  { name: 't', type: 'string', lowCardinality: false },
  { name: 'w', type: 'integer', lowCardinality: false },
]

function textsOf(keys: KeySet): string[] {
  const texts: string[] = []
  keys.visit((high, low) => {
    texts.push(keyText({ high, low }))
  })
  return texts.sort()
}

/** The additions of the rows to the bucket of the hour. */
function folded(aggregate: Aggregate, rows: readonly Row[]) {
  const fold = createFold([aggregate])
  fold.add(eventsOf(TYPED, rows))
  const code = aggregateCode(aggregate)
  const delta = fold.take().get(`1h:${NOW - (NOW % HOUR)}`)
  return {
    add: Object.fromEntries([...(delta?.add ?? [])].map(([field, count]) => [field.replace(code, '*'), count])),
    unique: Object.fromEntries(
      [...(delta?.unique ?? [])].map(([field, members]) => [
        field === everybodyField(aggregate) ? 'everybody' : field.replace(code, '*'),
        textsOf(members),
      ]),
    ),
  }
}

/** Sorted, so that equal deltas are equal. */
function plain(deltas: Deltas | ReadonlyMap<string, PlainDelta>) {
  const sorted = <V>(map: ReadonlyMap<string, V>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted<Pick<PlainDelta, 'add'> & { unique: ReadonlyMap<string, KeySet | Set<string>> }>(deltas as never).map(([bucket, delta]) => [
    bucket,
    sorted(delta.add).filter(([, count]) => count !== 0),
    sorted(delta.unique).map(([field, members]) => [field, members instanceof Set ? [...members].sort() : textsOf(members)]),
  ])
}

/** Aggregates over every type of property, broken down by every type, with every filter. */
const EVERY_KIND: readonly Aggregate[] = [
  ...AGGREGATES,
  { kind: 'count', events: ['latency'], where: [], by: 'duration_ms' },
  { kind: 'count', events: [], where: [{ property: 'success', op: 'not_in', values: [true] }], by: 'success' },
  { kind: 'sum', of: 'duration_ms', events: [], where: [{ property: 'duration_ms', op: 'at_most', values: [500] }], by: 'success' },
  {
    kind: 'unique',
    of: 'session_id',
    events: ['crash', 'latency'],
    where: [{ property: 'platform', op: 'in', values: ['linux', ''] }],
    by: 'success',
  },
  { kind: 'percentiles', of: 'duration_ms', events: [], where: [], by: 'success' },
  { kind: 'count', events: ['no such kind'], where: [], by: 'no_such_property' },
]

test('the deltas are those of a plain fold row by row, for any records and skipped rows', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 100 }),
      fc.boolean(),
      (seed, count, size, asText) => {
        const rows = randomRows(count, NOW, 40 * 24 * HOUR, seed)
        const columns = asText ? COLUMNS.map(column => ({ ...column, lowCardinality: false })) : COLUMNS
        const fold = createFold(EVERY_KIND)
        const kept: Row[] = []
        for (let from = 0; from < count; from += size) {
          const record = rows.slice(from, from + size)
          const skip = record.flatMap((row, index) => (row.timestamp % 5 === 0 ? [index] : []))
          kept.push(...record.filter(row => row.timestamp % 5 !== 0))
          fold.add(eventsOf(columns, record), skip)
        }
        expect(plain(fold.take())).toEqual(plain(plainFold(EVERY_KIND, kept)))
      },
    ),
    { numRuns: 150 },
  )
})

/** Adds two deltas. */
function mergeDeltas(one: Deltas, other: Deltas): Deltas {
  const merged = new Map(one)
  for (const [bucket, delta] of other) {
    const present = merged.get(bucket)
    merged.set(bucket, present ? mergeBucketDeltas([present, delta]) : delta)
  }
  return merged
}

test('the merged deltas are the same for any batches', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 100 }), (seed, count, batch) => {
      const rows = randomRows(count, NOW, 40 * 24 * HOUR, seed)
      const whole = createFold(AGGREGATES)
      const parts = createFold(AGGREGATES)
      let merged: Deltas = new Map()
      for (let from = 0; from < count; from += batch) {
        const some = rows.slice(from, from + batch)
        for (const fold of [whole, parts]) {
          fold.add(eventsOf(COLUMNS, some))
          for (const one of some) fold.addLedger(one.received_at, 'accepted')
        }
        merged = mergeDeltas(merged, parts.take())
      }
      expect(plain(merged)).toEqual(plain(whole.take()))
      expect(parts.take().size).toBe(0)
    }),
    { numRuns: 50 },
  )
})

test('an event is in every bucket that was kept at its arrival', () => {
  const count: Aggregate = { kind: 'count', events: [], where: [] }
  for (const age of [0, -60_000, 2 * HOUR - 20_000, 2 * HOUR + 20_000, 47 * HOUR, 49 * HOUR, 34 * 24 * HOUR, 36 * 24 * HOUR]) {
    const fold = createFold([count])
    fold.add(eventsOf(TYPED, [row({ timestamp: NOW - age })]))
    expect([...fold.take().keys()].sort()).toEqual([...bucketsOf(NOW - age, NOW)].sort())
  }
})

test('merging does not change its arguments', () => {
  const fold = createFold(AGGREGATES)
  const rows = randomRows(100, NOW, HOUR, 1)
  fold.add(eventsOf(COLUMNS, rows))
  const first = fold.take()
  const before = plain(first)
  fold.add(eventsOf(COLUMNS, rows))
  mergeDeltas(first, fold.take())
  expect(plain(first)).toEqual(before)
})

describe('the counted events', () => {
  test.each([
    ['a dictionary', 'p', ['x', 'x', '', 'y'], { '*=x': 2, '*=': 1, '*=y': 1 }],
    ['a text', 't', ['x', 'x', '', 'y'], { '*=x': 2, '*=': 1, '*=y': 1 }],
    ['a boolean', 'a', [true, false, true], { '*=true': 2, '*=false': 1 }],
    ['an integer', 'w', [1, 0, 1], { '*=1': 2, '*=0': 1 }],
    ['a number', 'n', [0.5, -1, 0.5], { '*=0.5': 2, '*=-1': 1 }],
  ] as const)('counts, by the values of %s; events without it separately', (_, by, values, members) => {
    const rows = [...values.map(value => row({ [by]: value })), row({}), row({ event: 'other' })]
    expect(folded({ kind: 'count', events: ['e'], where: [], by }, rows).add).toEqual({ '*': 1, ...members })
  })

  test('sums as limbs, with the number of values', () => {
    const rows = [row({ n: 3, p: 'x' }), row({ n: 0.5, p: 'x' }), row({ n: -2 }), row({})]
    expect(folded({ kind: 'sum', of: 'n', events: [], where: [], by: 'p' }, rows).add).toEqual({
      '*=x': 2,
      '*#6=x': 3,
      '*#5=x': 2 ** 19,
      '*': 1,
      '*#6': -2,
    })
    expect(folded({ kind: 'sum', of: 'n', events: [], where: [] }, [row({ n: 0 })]).add).toEqual({ '*': 1 })
  })

  test('different ids, of those that have one', () => {
    const hashed = (...ids: string[]) => ids.map(id => keyText(hashKey(id))).sort()
    const rows = [
      row({ user_id: 'a', p: 'x' }),
      row({ user_id: 'a', p: 'y' }),
      row({ user_id: 'b', p: 'x' }),
      row({ user_id: 'c' }),
      row({ p: 'x' }),
    ]
    expect(folded({ kind: 'unique', of: 'user_id', events: [], where: [], by: 'p' }, rows)).toEqual({
      add: { '*': 1, '*=x': 2, '*=y': 1 },
      unique: { everybody: hashed('a', 'b', 'c'), '*': hashed('c'), '*=x': hashed('a', 'b'), '*=y': hashed('a') },
    })
  })

  test('bins of percentiles', () => {
    const rows = [row({ n: 10, p: 'x' }), row({ n: 10.01, p: 'x' }), row({ n: 0 }), row({ n: -3 }), row({})]
    const bin = (value: number) => `*#${binName(binOf(value))}`
    expect(folded({ kind: 'percentiles', of: 'n', events: [], where: [], by: 'p' }, rows).add).toEqual({
      [`${bin(10)}=x`]: 2,
      [bin(0)]: 1,
      [bin(-3)]: 1,
    })
  })

  test.each([
    [{ property: 'p', op: 'in', values: ['x', 1] }, 1],
    [{ property: 'p', op: 'not_in', values: ['x'] }, 2],
    [{ property: 't', op: 'in', values: ['x', ''] }, 1],
    [{ property: 'a', op: 'in', values: [false] }, 1],
    [{ property: 'a', op: 'in', values: ['false', 0] }, 0],
    [{ property: 'w', op: 'in', values: [1, '2'] }, 1],
    [{ property: 'w', op: 'at_least', values: [1] }, 2],
    [{ property: 'n', op: 'at_most', values: [1] }, 1],
    [{ property: 'p', op: 'at_least', values: [1] }, 0],
    [{ property: 'absent', op: 'not_in', values: ['x'] }, 0],
    [{ property: 'absent', op: 'at_most', values: [1] }, 0],
  ] as const)('%j is met by %i', (filter, met) => {
    const rows = [row({ p: 'x', t: 'x' }), row({ p: '1', w: 1, n: 1 }), row({ w: 2, n: 2, a: false }), row({ p: 'y', a: true }), row({})]
    expect(folded({ kind: 'count', events: [], where: [filter] }, rows).add['*'] ?? 0).toBe(met)
  })

  test('all filters must hold', () => {
    const where = ['a', 'b', 'c'].map(property => ({ property, op: 'in', values: [true] }) as const)
    const rows = [row({ a: true, b: true, c: true }), row({ a: true, b: true, c: false }), row({ a: false, b: true, c: true })]
    expect(folded({ kind: 'count', events: [], where }, rows).add).toEqual({ '*': 1 })
  })
})

describe('members beyond the limit of a breakdown and hour', () => {
  const by = { events: [], where: [], by: 'p' } as const
  const visits = Array.from({ length: 10 }, (_, i) => row({ p: `v${i}`, user_id: `u${i % 4}`, n: i + 0.5 }))

  test('count under (other), and nothing is lost', () => {
    const aggregates: readonly Aggregate[] = [
      { kind: 'count', ...by },
      { kind: 'sum', of: 'n', ...by },
      { kind: 'unique', of: 'user_id', ...by },
      { kind: 'percentiles', of: 'n', ...by },
    ]
    const fold = createFold(aggregates, createAdmission(3))
    const batches = [visits.slice(0, 5), visits.slice(5), visits.slice(0, 5)].map(batch => {
      fold.add(eventsOf(TYPED, batch))
      return fold.take()
    })
    const hour = batches.reduce(mergeDeltas).get(`1h:${NOW - (NOW % HOUR)}`)
    const [count, , unique, percentiles] = aggregates.map(aggregateCode)
    for (const code of [count, unique]) {
      expect(['v0', 'v1', 'v2', '(other)', 'v3'].map(member => hour?.add.get(`${code}=${member}`))).toEqual([2, 2, 2, 9, undefined])
    }
    expect(textsOf(hour?.unique.get(`${unique}=(other)`) ?? new KeySet())).toEqual(
      ['u0', 'u1', 'u2', 'u3'].map(user => keyText(hashKey(user))).sort(),
    )
    const bins = [...(hour?.add ?? [])].filter(([field]) => field.startsWith(`${percentiles}#`) && field.endsWith('=(other)'))
    expect(bins.reduce((sum, [, values]) => sum + values, 0)).toBe(9)
  })

  test('another hour has members of its own', () => {
    const fold = createFold([{ kind: 'count', ...by }], createAdmission(2))
    fold.add(eventsOf(TYPED, visits))
    fold.add(
      eventsOf(
        TYPED,
        visits.slice(8).map(visit => ({ ...visit, timestamp: NOW - HOUR })),
      ),
    )
    const code = aggregateCode({ kind: 'count', ...by })
    const before = fold.take().get(`1h:${NOW - (NOW % HOUR) - HOUR}`)
    expect([...(before?.add ?? [])]).toEqual([
      [`${code}=v8`, 1],
      [`${code}=v9`, 1],
    ])
  })
})

test('aggregates that differ only in their order have the same key and are counted once', () => {
  const filter = { property: 'w', op: 'in' } as const
  const one: Aggregate = { kind: 'count', events: ['a', 'b'], where: [{ ...filter, values: [1, 2] }], by: undefined }
  const other: Aggregate = { kind: 'count', events: ['b', 'a', 'a'], where: [{ values: [2, 1], ...filter }] }
  expect(aggregateKey(one)).toBe(aggregateKey(other))
  const fold = createFold([one, other])
  fold.add(eventsOf(TYPED, [row({ event: 'a', w: 1 })]))
  expect([
    ...(fold
      .take()
      .get(`1h:${NOW - (NOW % HOUR)}`)
      ?.add.values() ?? []),
  ]).toEqual([1])
})

test('the fields of an aggregate never change: stores hold them', () => {
  expect(AGGREGATES.map(aggregateCode)).toMatchInlineSnapshot(`
    [
      "5aX2AS",
      "eFR2Tf",
      "41qU86",
      "vpBcfb",
      "P9F26d",
      "ui3so8",
      "R-79PQ",
      "5VACgN",
    ]
  `)
})

test('the ledger is counted by minute and hour of arrival', () => {
  const fold = createFold([])
  fold.addLedger(NOW, 'accepted', 3)
  fold.addLedger(NOW, 'duplicates', 0)
  fold.addLedger(NOW - 60_000, 'accepted')
  const minute = NOW - (NOW % 60_000)
  expect(plain(fold.take())).toEqual([
    [`1h:${NOW - (NOW % HOUR)}`, [['ledger:accepted', 4]], []],
    [`1m:${minute - 60_000}`, [['ledger:accepted', 1]], []],
    [`1m:${minute}`, [['ledger:accepted', 3]], []],
  ])
})

test('an invalid aggregate is refused', () => {
  expect(() => createFold([{ kind: 'sum', events: [], where: [] }])).toThrow(TypeError)
  expect(() => createFold([{ kind: 'count', events: [], where: [{ property: 'p', op: 'at_least', values: ['x'] }] }])).toThrow(TypeError)
})
