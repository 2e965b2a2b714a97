import { expect, test } from 'vitest'
import { formatValue, renderTemplate, type ValueUnit } from './templates.ts'

const values = { labels: {}, value: 1, threshold: 0, sample: 1 }
const TEMPLATE = '{{ value }} critical {{ value | plural bug bugs }} open, {{ sample | plural event }}'

test('plural takes the singular for 1 and the plural for every other number', () => {
  expect(renderTemplate(TEMPLATE, values)).toBe('1 critical bug open, event')
  expect(renderTemplate(TEMPLATE, { ...values, value: 2, sample: 0 })).toBe('2 critical bugs open, events')
})

test.each<[number, number, ValueUnit, string]>([
  [0.1004, 0.1, 'ratio', '10.04% is not 10%'],
  [0.10004, 0.1, 'ratio', '10.004% is not 10%'],
  [0.3, 0.1, 'ratio', '30% is not 10%'],
  [0.99999, 1, 'ratio', '99.999% is not 100%'],
  [10.001, 10, 'count', '10.001 is not 10'],
  [0.0004, 0.001, 'number', '0.0004 is not 0.001'],
  [1_234_567.891, 1_234_567.89, 'ms', '1,234,567.891 ms is not 1,234,567.89 ms'],
  [12_344.999, 12_345, 'ms', '12,344.999 ms is not 12,345 ms'],
  [0.1 + 0.2, 0.3, 'ratio', '30.000000000000004% is not 30%'],
  [-10.001, -10, 'count', '-10.001 is not -10'],
  [5e-324, 0, 'number', '0.00…'],
])('a value and its threshold get as many digits as distinguish them: %d and %d in %s', (value, threshold, unit, expected) => {
  const given = { labels: {}, value, threshold, sample: 1, unit }
  const text = renderTemplate('{{ value }} is not {{ threshold }}', given)
  const [first, second] = text.split(' is not ')
  expect(first).not.toBe(second)
  if (!expected.includes('…')) expect(text).toBe(expected)
  const [left, right] = renderTemplate('{{ value | percent }} is not {{ threshold | percent }}', given).split(' is not ')
  expect(left).not.toBe(right)
  expect(formatValue(value, unit, threshold)).not.toBe(formatValue(threshold, unit, value))
})

test('the title of a label’s value, or its name where it has none', () => {
  const titled = { ...values, labels: { platform: 'macos', channel: 'github' }, titles: { platform: { macos: 'macOS' } } }
  expect(renderTemplate('{{ titles.platform }} ({{ labels.platform }}), {{ titles.channel }}', titled)).toBe('macOS (macos), Github')
})
