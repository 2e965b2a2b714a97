import { expect, test } from 'vitest'
import { renderTemplate } from './templates.ts'

const values = { labels: {}, value: 1, threshold: 0, sample: 1 }
const TEMPLATE = '{{ value }} critical {{ value | plural bug bugs }} open, {{ sample | plural event }}'

test('plural takes the singular for 1 and the plural for every other number', () => {
  expect(renderTemplate(TEMPLATE, values)).toBe('1 critical bug open, event')
  expect(renderTemplate(TEMPLATE, { ...values, value: 2, sample: 0 })).toBe('2 critical bugs open, events')
})
