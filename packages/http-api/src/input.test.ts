import { expect, test } from 'vitest'
import { api } from './index.ts'
import { parseInput } from './input.ts'

test.each(['0001-01-01', '1969-12-31', '2200-01-01', '9999-12-31', '2026-02-31'])('a report of %s is refused', at => {
  expect(parseInput(api.reports.get.query, 'query', { at })).toMatchObject({ ok: false, problem: { status: 400, field: 'at' } })
})

test('a filter that no record can hold is refused and not ignored', () => {
  const given = JSON.parse('{"where.__proto__": "x"}')
  expect(parseInput(api.metrics.read.query, 'query', given)).toMatchObject({ ok: false, problem: { code: 'unknown_field' } })
})
