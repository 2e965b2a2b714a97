import { expect, test } from 'vitest'
import { cellsOf, chartOf, type SqlResult } from './result.ts'

const week = { name: 'week', type: 'UInt64' }
const platform = { name: 'platform', type: 'LowCardinality(Nullable(String))' }
const value = { name: 'value', type: 'Nullable(Float64)' }

const sample = { name: 'sample', type: 'UInt32' }

function seriesOf(result: SqlResult) {
  const chart = chartOf(result)
  return 'series' in chart ? chart.series : undefined
}

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

test('infinities and NaN are shown as such, and a chart has a gap for them', () => {
  const data = ['inf', '-inf', 'nan', '2.5'].map((given, i) => ({ week: String(i), value: given }))
  expect(cellsOf({ meta: [week, value], data }).map(row => row[1])).toEqual(['inf', '-inf', 'nan', 2.5])
  expect(seriesOf({ meta: [week, value], data })?.rows.map(({ values }) => values[0])).toEqual([null, null, null, 2.5])
})

test('a column of text and one of numbers make a line for each text', () => {
  const data = [
    { week: '1', platform: 'linux', value: 1 },
    { week: '1', platform: null, value: 2 },
    { week: '2', platform: 'linux', value: 3 },
  ]
  const series = seriesOf({ meta: [week, platform, value], data })
  expect(series?.names).toEqual(['linux', '(none)'])
  expect(series?.rows.map(({ label, values }) => [label, ...values])).toEqual([
    ['1', 1, 2],
    ['2', 3, null],
  ])
})

test('a view by member has a line of the value for each member, whatever further columns it has', () => {
  const data = [
    { week: '1', platform: 'linux', value: 1, sample: 10 },
    { week: '1', platform: 'macos', value: 2, sample: 20 },
  ]
  const chart = chartOf({ meta: [week, platform, value, sample], data })
  expect(chart).toMatchObject({ caption: 'value by platform', series: { names: ['linux', 'macos'], rows: [{ values: [1, 2] }] } })
})

test('rows that nothing tells apart have no chart', () => {
  const data = [
    { week: '1', platform: 'linux', value: 1 },
    { week: '1', platform: 'linux', value: 2 },
  ]
  expect(chartOf({ meta: [week, platform, value], data })).toEqual({
    problem: 'Several rows have the same week and platform: group them for a chart.',
  })
  expect(chartOf({ meta: [week, value], data })).toHaveProperty('problem', expect.stringContaining('one row for each week'))
})

test('several columns of numbers are lines; without one there is no chart', () => {
  expect(seriesOf({ meta: [week, value, sample], data: [{ week: '1', value: 0.5, sample: 4 }] })?.names).toEqual(['value', 'sample'])
  expect(seriesOf({ meta: [week, platform], data: [{ week: '1', platform: 'x' }] })).toBeUndefined()
})
