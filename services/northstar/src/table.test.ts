import { describe, expect, test } from 'vitest'
import { escapeJson, escapeLines, shownCsv } from './print.ts'
import {
  formatCsv,
  formatDifference,
  formatPercent,
  formatPoints,
  formatRelative,
  formatTable,
  formatUnit,
  type NumberFormats,
  sparkline,
} from './table.ts'

describe('hostile text', () => {
  const rows = [{ name: '=1+1', text: '\u001b[31mred\nline', empty: '', none: null, number: -2.5 }]

  test('a table shows control characters as escapes', () => {
    expect(formatTable(rows).split('\n')).toHaveLength(3)
    expect(formatTable(rows)).toContain('\\x1b[31mred\\nline')
  })

  test('a table shows the controls of the direction of writing as escapes', () => {
    expect(formatTable([{ version: '1\u202e2', category: 'a\u2066b\u200f' }])).toContain('1\\u202e2')
    expect(formatTable([{ version: '1\u202e2', category: 'a\u2066b\u200f' }])).toContain('a\\u2066b\\u200f')
  })

  test('lines for people have escapes', () => {
    expect(escapeLines('a \u001b[31mcomment\r\nof \u009b2J two lines')).toBe('a \\x1b[31mcomment\\x0d\nof \\x9b2J two lines')
  })

  test('JSON has the same value without a control character that JSON.stringify leaves', () => {
    const value = { stack: 'a\u009b31m\u202eb\u2028\u007f', line: '\n\u001b' }
    const json = escapeJson(JSON.stringify(value))
    expect(json).toMatch(/^[ -~]+$/)
    expect(JSON.parse(json)).toEqual(value)
    expect(JSON.parse(escapeJson(JSON.stringify(value, null, '\t').replaceAll('\n', '\r\n')))).toEqual(value)
  })

  test('CSV has escapes, and at a terminal each row is a line', () => {
    const csv = formatCsv([
      { version: '\u001b]0;owned\u0007', app: 'a' },
      { version: 'two\nlines', app: 'b' },
    ])
    expect(shownCsv(csv, true).split('\r\n')).toEqual(['version,app', '"\\x1b]0;owned\\x07",a', '"two\\nlines",b'])
    expect(shownCsv(csv, false).split('\r\n')).toEqual(['version,app', '"\\x1b]0;owned\\x07",a', '"two\nlines",b'])
  })

  test('CSV makes formulas text and distinguishes an empty text from null', () => {
    expect(formatCsv(rows).split('\r\n')[1]).toBe(`'=1+1,"\\x1b[31mred\nline","",,-2.5`)
  })
})

describe('columns', () => {
  const rows = [
    { from: 'week 0', value: 0, previous: null },
    { from: 'week 1', value: 1200, target: 1100, status: 'ahead', previous: 0 },
    { from: 'week 2', value: 0.12345, target: undefined, status: null, previous: 1200, note: 'a "quoted", one' },
  ]

  test('a table has those of all rows, each where its row has it', () => {
    expect(formatTable(rows)).toBe(
      `
from     value  target  status  previous  note
──────  ──────  ──────  ──────  ────────  ───────────────
week 0       0       –  –              –  –
week 1   1,200   1,100  ahead          0  –
week 2  0.1235       –  –          1,200  a "quoted", one`.trimStart(),
    )
  })

  test('CSV has the same ones, with plain numbers', () => {
    expect(formatCsv(rows).split('\r\n')).toEqual([
      'from,value,target,status,previous,note',
      'week 0,0,,,,',
      'week 1,1200,1100,ahead,0,',
      'week 2,0.12345,,,1200,"a ""quoted"", one"',
    ])
  })

  test('without rows there are none', () => {
    expect(formatTable([])).toBe('(no rows)')
  })
})

test('formatted numbers stay right-aligned, and a format may depend on other cells of the row', () => {
  const formats: NumberFormats = { share: value => `${value * 100}%`, distance: (value, { of }) => `${value} of ${of}` }
  expect(formatTable([{ share: 0.5, distance: 1, of: 10 }, { share: null }], formats)).toBe(
    `
share  distance  of
─────  ────────  ──
  50%   1 of 10  10
    –         –   –`.trimStart(),
  )
})

test('fractions, growth and percentage points are formatted for people', () => {
  expect([formatPercent(0.87, 1), formatPercent(0.0005, 2), formatPercent(12.5, 0)]).toEqual(['87.0%', '0.05%', '1,250%'])
  expect([0.6667, -0.25, 0, 0.004, -0.0049, 12.5].map(formatRelative)).toEqual(['+67%', '-25%', '0%', '+0.4%', '-0.5%', '+1,250%'])
  expect([0.03, -0.005, 0, -0.0001].map(one => formatPoints(one, 1))).toEqual(['+3.0 pp', '-0.5 pp', '0.0 pp', '0.0 pp'])
  expect([3, -1200, 0, 0.25].map(formatDifference)).toEqual(['+3', '-1,200', '0', '+0.25'])
})

test('a line of bars goes from zero to the largest value, with gaps', () => {
  expect(sparkline([0, 100, null, 50, 25])).toBe('▁█ ▅▃')
  expect([sparkline([0, 0]), sparkline([])]).toEqual(['▁▁', ''])
})

test.each([
  [8_400_000, 'bytes', '8 MB'],
  [900, 'bytes', '900 bytes'],
  [41_692, 'kB', '40.7 MB'],
  [-838, 'kB', '-838 kB'],
  [444, 'hours', '18.5 days'],
  [71.4, 'hours', '71 h'],
  [95.4, 'ms', '95 ms'],
  [12_340, 'ms', '12.3 s'],
  [2_912, 'count', '2,912'],
  [7.956, 'per_user', '7.96'],
] as const)('%d %s is written as %s', (value, unit, text) => {
  expect(formatUnit(value, unit)).toBe(text)
})
