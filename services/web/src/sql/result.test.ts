import { expect, test } from 'vitest'
import { cellsOf, seriesOfResult } from './result.ts'

const week = { name: 'week', type: 'UInt64' }
const platform = { name: 'platform', type: 'LowCardinality(Nullable(String))' }
const value = { name: 'value', type: 'Nullable(Float64)' }

test('whole numbers that came as text are numbers where they are safe', () => {
  const data = [
    { week: '3', platform: '-1', value: null },
    { week: '18446744073709551615', platform: null, value: 0.5 },
  ]
  expect(cellsOf({ meta: [week, platform, value], data })).toEqual([
    [3, '-1', null],
    ['18446744073709551615', null, 0.5],
  ])
})

test('one column of text beside one of numbers makes a line for each text', () => {
  const data = [
    { week: '1', platform: 'linux', value: 1 },
    { week: '1', platform: null, value: 2 },
    { week: '2', platform: 'linux', value: 3 },
  ]
  const series = seriesOfResult({ meta: [week, platform, value], data })
  expect(series?.names).toEqual(['linux', '(none)'])
  expect(series?.rows.map(({ label, values }) => [label, ...values])).toEqual([
    ['1', 1, 2],
    ['2', 3, null],
  ])
})

test('several columns of numbers are lines; without one there is no chart', () => {
  const sample = { name: 'sample', type: 'UInt32' }
  expect(seriesOfResult({ meta: [week, value, sample], data: [{ week: '1', value: 0.5, sample: 4 }] })?.names).toEqual(['value', 'sample'])
  expect(seriesOfResult({ meta: [week, platform], data: [{ week: '1', platform: 'x' }] })).toBeNull()
})
