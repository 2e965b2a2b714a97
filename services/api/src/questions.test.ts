import { createCalendar } from '@northstar/catalogue'
import { api, parseInput } from '@northstar/http-api'
import { pieces } from '@northstar/live-counters'
import { expect, test } from 'vitest'
import { parseQuestion } from './questions.ts'

const product = { name: 'shop', title: 'Shop', timezone: 'Europe/Berlin', launch: '2026-01-15' }
const now = Date.parse('2026-02-01T12:34:56.789Z')
const ask = (query: object) => {
  const parsed = parseInput(api.metrics.read.query, 'query', query)
  if (!parsed.ok) throw new Error(parsed.problem.detail)
  return parseQuestion('sales', parsed.value, product, createCalendar(product), now)
}

test('without an end a question is about all that has come, in buckets that the live counters have', () => {
  const question = ask({ period: 'total', from: '2026-02-01T12:00:00Z' })
  expect(new Date(question.to).toISOString()).toBe('2026-02-01T12:35:00.000Z')
  expect(pieces(question, now)).not.toBeNull()
  expect(new Date(ask({ period: 'day' }).to).toISOString()).toBe('2026-02-01T23:00:00.000Z')
})

test('without a beginning it reaches back a day of hours, four weeks of days, and else to the launch', () => {
  const begins = (period: string) => new Date(ask({ period }).from).toISOString()
  expect(['hour', 'day', 'week', 'month', 'total'].map(begins)).toEqual([
    '2026-01-31T13:00:00.000Z',
    '2026-01-04T23:00:00.000Z',
    '2026-01-14T23:00:00.000Z',
    '2026-01-14T23:00:00.000Z',
    '2026-01-14T23:00:00.000Z',
  ])
})

test('a duration before now begins where the live counters can, and at the beginning of a period', () => {
  const question = ask({ period: 'total', from: '-24h' })
  expect(new Date(question.from).toISOString()).toBe('2026-01-31T12:34:00.000Z')
  expect(pieces(question, now)).not.toBeNull()
  expect(new Date(ask({ period: 'day', from: '-7d' }).from).toISOString()).toBe('2026-01-24T23:00:00.000Z')
  expect(() => ask({ from: '-7y' })).toThrow(/a duration before now such as -24h/)
})
