import { expect, test } from 'vitest'
import type { Unit } from '../api/types.ts'
import { axisOf, placeOf } from './axis.ts'

const cases: readonly (readonly [Unit, readonly number[], readonly string[]])[] = [
  ['count', [3], ['0', '1', '2', '3']],
  ['count', [], ['0', '1']],
  ['count', [450], ['0', '200', '400', '600']],
  ['ratio', [0.032], ['0%', '1%', '2%', '3%', '4%']],
  ['ratio', [0.0005], ['0%', '0.02%', '0.04%', '0.06%']],
  ['ms', [12_000], ['0 s', '5 s', '10 s', '15 s']],
  ['kB', [41_984], ['0 MB', '20 MB', '40 MB', '60 MB']],
  ['hours', [96], ['0 d', '1 d', '2 d', '3 d', '4 d']],
  ['number', [-2, 2], ['-2', '-1', '0', '1', '2']],
]

test.each(cases)('an axis of %s over %j has round ticks in one unit', (unit, values, labels) => {
  const { ticks, format } = axisOf(values, unit)
  expect(ticks.map(format)).toEqual(labels)
})

test('a time has its place between the starts of periods', () => {
  const weeks = ['2026-11-02', '2026-11-09', '2026-11-16'].map(from => ({ from }))
  const placeOn = (date: string) => placeOf(Date.parse(date), weeks)
  expect([placeOn('2026-11-01'), placeOn('2026-11-02'), placeOn('2026-11-09T12:00'), placeOn('2026-11-22')]).toEqual([
    -1,
    0,
    expect.closeTo(1.07, 1),
    2,
  ])
})
