import { expect, test } from 'vitest'
import { z } from 'zod'
import { api } from './index.ts'
import { parseInput } from './input.ts'

test.each(['0001-01-01', '1969-12-31', '2200-01-01', '9999-12-31', '2026-02-31'])('a report of %s is refused', at => {
  expect(parseInput(api.reports.get.query, 'query', { at })).toMatchObject({ ok: false, problem: { status: 400, field: 'at' } })
})

test('a filter by __proto__ is refused and not ignored', () => {
  const given = JSON.parse('{"where.__proto__": "x"}')
  expect(parseInput(api.metrics.read.query, 'query', given)).toMatchObject({ ok: false, problem: { code: 'unknown_field' } })
})

const query = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).optional(),
  at: z.iso.date().optional(),
  q: z.string().min(1),
})
const detail = (given: Record<string, unknown>) => {
  const parsed = parseInput(query, 'query', given)
  return parsed.ok ? undefined : parsed.problem.detail
}

test.each([
  [{ q: 'a', limit: '0' }, '`limit`: must be at least 1'],
  [{ q: 'a', limit: '101' }, '`limit`: must be at most 100'],
  [{ q: 'a', limit: 'x' }, '`limit`: expected a number'],
  [{ q: 'a', limit: '1.5' }, '`limit`: expected a whole number'],
  [{ q: 'a', at: '2026-02-30' }, '`at`: expected a date such as 2026-01-15'],
  [{ q: '' }, '`q`: must not be empty'],
  [{}, '`q`: is required'],
])('a problem of %j names the expected value', (given, expected) => {
  expect(detail(given)).toBe(expected)
})

test('a comparison that does not exist names each kind that does', () => {
  const parsed = parseInput(api.metrics.read.query, 'query', { compare: 'last' })
  expect(parsed).toMatchObject({
    problem: { field: 'compare', detail: '`compare` cannot be "last"; expected previous, year, release:1.0.9' },
  })
})

test('a filter without its property says how one is written', () => {
  const parsed = parseInput(api.metrics.read.query, 'query', { where: 'channel' })
  expect(parsed).toMatchObject({
    ok: false,
    problem: { field: 'where', detail: '`where` needs the name of a property: where.PROPERTY=VALUE' },
  })
})

const matching = (matcher: unknown) => parseInput(api.silences.create.body, 'body', { matchers: [matcher] })
test.each([
  [{ name: 'alertname', value: 'a', isRegex: 'true' }, 'matchers.0.isRegex', 'expected true or false'],
  [{ name: 'alertname', value: 7 }, 'matchers.0.value', 'expected a text'],
  [{ name: 'alertname' }, 'matchers.0.value', 'is required'],
  [{ name: 'alertname', value: 'a', regex: true }, 'regex', 'there is no field "regex"'],
  [7, 'matchers.0', 'expected a text or an object'],
  [null, 'matchers.0', 'expected a text or an object'],
])('of alternatives, a problem of %j names the field and what it expects', (matcher, field, text) => {
  expect(matching(matcher)).toMatchObject({ ok: false, problem: { field, detail: expect.stringContaining(text) } })
})

test('a time of another type names each type that a time may have', () => {
  const parsed = parseInput(api.silences.create.body, 'body', { matchers: ['a'], endsAt: true })
  expect(parsed).toMatchObject({ problem: { field: 'endsAt', detail: '`endsAt`: expected a text or a number' } })
})
