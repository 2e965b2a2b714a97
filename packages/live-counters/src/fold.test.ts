import type { Row } from '@northstar/events'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bucketsOf } from './buckets.ts'
import { AGGREGATES } from './contract/live-counters-contract.ts'
import { randomRows } from './contract/random-rows.ts'
import { binName, binOf } from './ddsketch.ts'
import { type Deltas, mergeDeltas } from './deltas.ts'
import { aggregateCode, aggregateKey, everybodyField } from './fields.ts'
import { createFold } from './fold.ts'
import type { Aggregate } from './index.ts'

const NOW = Date.UTC(2026, 0, 20, 15, 45, 3)
const HOUR = 3_600_000

function row(properties: Partial<Row>): Row {
  return { event: 'e', id: '1', timestamp: NOW, received_at: NOW, user_id: '', session_id: '', ...properties } as Row
}

/** What the rows add in the bucket of the hour. */
function folded(aggregate: Aggregate, rows: readonly Row[]) {
  const fold = createFold([aggregate])
  for (const one of rows) fold.add(one)
  const code = aggregateCode(aggregate)
  const delta = fold.take().get(`1h:${NOW - (NOW % HOUR)}`)
  return {
    add: Object.fromEntries([...(delta?.add ?? [])].map(([field, count]) => [field.replace(code, '*'), count])),
    unique: Object.fromEntries(
      [...(delta?.unique ?? [])].map(([field, members]) => [
        field === everybodyField(aggregate) ? 'everybody' : field.replace(code, '*'),
        [...members],
      ]),
    ),
  }
}

/** In one order, so that equal deltas look equal. */
function plain(deltas: Deltas) {
  const sorted = <V>(map: ReadonlyMap<string, V>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted(deltas).map(([bucket, delta]) => [
    bucket,
    sorted(delta.add).filter(([, count]) => count !== 0),
    sorted(delta.unique).map(([field, members]) => [field, [...members].sort()]),
  ])
}

test('however the rows are cut into batches, the merged deltas are the same', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 100 }), (seed, count, batch) => {
      const rows = randomRows(count, NOW, 40 * 24 * HOUR, seed)
      const whole = createFold(AGGREGATES)
      const parts = createFold(AGGREGATES)
      let merged: Deltas = new Map()
      for (const [i, one] of rows.entries()) {
        whole.add(one)
        whole.addLedger(one.received_at, 'accepted')
        parts.add(one)
        parts.addLedger(one.received_at, 'accepted')
        if (i % batch === 0) merged = mergeDeltas(merged, structuredClone(parts.take()))
      }
      merged = mergeDeltas(merged, parts.take())
      expect(plain(merged)).toEqual(plain(whole.take()))
      expect(parts.take().size).toBe(0)
    }),
    { numRuns: 50 },
  )
})

test('an event is in every bucket that was kept for it when it arrived', () => {
  const count: Aggregate = { kind: 'count', events: [], where: [] }
  for (const age of [0, -60_000, 2 * HOUR - 20_000, 2 * HOUR + 20_000, 47 * HOUR, 49 * HOUR, 34 * 24 * HOUR, 36 * 24 * HOUR]) {
    const fold = createFold([count])
    fold.add(row({ timestamp: NOW - age }))
    expect([...fold.take().keys()].sort()).toEqual([...bucketsOf(NOW - age, NOW)].sort())
  }
})

test('merging leaves what it merged as it was', () => {
  const fold = createFold(AGGREGATES)
  const rows = randomRows(100, NOW, HOUR, 1)
  for (const one of rows) fold.add(one)
  const first = fold.take()
  const before = plain(first)
  for (const one of rows) fold.add(one)
  mergeDeltas(first, fold.take())
  expect(plain(first)).toEqual(before)
})

describe('what counts', () => {
  test('counts, by the values of a property; events without it apart', () => {
    const rows = [
      row({ p: 'x' }),
      row({ p: 'x' }),
      row({ p: '' }),
      row({ p: 1 }),
      row({ p: '1' }),
      row({ p: true }),
      row({}),
      row({ event: 'other' }),
    ]
    expect(folded({ kind: 'count', events: ['e'], where: [], by: 'p' }, rows).add).toEqual({
      '*': 1,
      '*=x': 2,
      '*=': 1,
      '*=1': 2,
      '*=true': 1,
    })
  })

  test('sums as limbs, beside how many values there were', () => {
    const rows = [row({ n: 3, p: 'x' }), row({ n: 0.5, p: 'x' }), row({ n: -2 }), row({ n: 'text' }), row({})]
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
    const rows = [
      row({ user_id: 'a', p: 'x' }),
      row({ user_id: 'a', p: 'y' }),
      row({ user_id: 'b', p: 'x' }),
      row({ user_id: 'c' }),
      row({ p: 'x' }),
    ]
    expect(folded({ kind: 'unique', of: 'user_id', events: [], where: [], by: 'p' }, rows)).toEqual({
      add: { '*': 1, '*=x': 2, '*=y': 1 },
      unique: { everybody: ['c', 'a', 'b'], '*': ['c'], '*=x': ['a', 'b'], '*=y': ['a'] },
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
    [{ property: 'p', op: 'in', values: ['x', 1] }, 2],
    [{ property: 'p', op: 'in', values: ['x'] }, 1],
    [{ property: 'p', op: 'not_in', values: ['x'] }, 3],
    [{ property: 'p', op: 'at_least', values: [1] }, 2],
    [{ property: 'p', op: 'at_most', values: [1] }, 1],
    [{ property: 'absent', op: 'not_in', values: ['x'] }, 0],
  ] as const)('%j is met by %i', (filter, met) => {
    const rows = [row({ p: 'x' }), row({ p: 1 }), row({ p: 2 }), row({ p: 'y' }), row({})]
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
    const fold = createFold(aggregates, 3)
    const batches = [visits.slice(0, 5), visits.slice(5), visits.slice(0, 5)].map(batch => {
      for (const one of batch) fold.add(one)
      return fold.take()
    })
    const hour = batches.reduce(mergeDeltas).get(`1h:${NOW - (NOW % HOUR)}`)
    const [count, , unique, percentiles] = aggregates.map(aggregateCode)
    for (const code of [count, unique]) {
      expect(['v0', 'v1', 'v2', '(other)', 'v3'].map(member => hour?.add.get(`${code}=${member}`))).toEqual([2, 2, 2, 9, undefined])
    }
    expect([...(hour?.unique.get(`${unique}=(other)`) ?? [])].sort()).toEqual(['u0', 'u1', 'u2', 'u3'])
    const bins = [...(hour?.add ?? [])].filter(([field]) => field.startsWith(`${percentiles}#`) && field.endsWith('=(other)'))
    expect(bins.reduce((sum, [, values]) => sum + values, 0)).toBe(9)
  })

  test('another hour has members of its own', () => {
    const fold = createFold([{ kind: 'count', ...by }], 2)
    for (const one of visits) fold.add(one)
    for (const one of visits.slice(8)) fold.add({ ...one, timestamp: NOW - HOUR })
    const code = aggregateCode({ kind: 'count', ...by })
    const before = fold.take().get(`1h:${NOW - (NOW % HOUR) - HOUR}`)
    expect([...(before?.add ?? [])]).toEqual([
      [`${code}=v8`, 1],
      [`${code}=v9`, 1],
    ])
  })
})

test('the same aggregate in other words has the same key and is counted once', () => {
  const filter = { property: 'p', op: 'in' } as const
  const one: Aggregate = { kind: 'count', events: ['a', 'b'], where: [{ ...filter, values: [1, 2] }], by: undefined }
  const other: Aggregate = { kind: 'count', events: ['b', 'a', 'a'], where: [{ values: [2, 1], ...filter }] }
  expect(aggregateKey(one)).toBe(aggregateKey(other))
  const fold = createFold([one, other])
  fold.add(row({ event: 'a', p: 1 }))
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

test('an aggregate that makes no sense is refused', () => {
  expect(() => createFold([{ kind: 'sum', events: [], where: [] }])).toThrow(TypeError)
  expect(() => createFold([{ kind: 'count', events: [], where: [{ property: 'p', op: 'at_least', values: ['x'] }] }])).toThrow(TypeError)
})
