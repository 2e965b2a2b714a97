import { expect, test } from 'vitest'
import type { ReleaseMetric } from './compare.ts'
import { type GateFacts, gatePassed, judgeGate } from './gate.ts'
import type { GateCheck } from './releases-section.ts'

const crash: GateCheck = { not_worse: 'crash_rate', by: 'platform' }
const bugs: GateCheck = { metric: 'bugs_open', where: { priority: 'P0' }, of_release: false, at_most: 0 }
const firing: GateCheck = { no_firing: ['P0'] }

const compared = (verdict: ReleaseMetric['verdict'], by?: ReleaseMetric['by']): ReleaseMetric => ({
  metric: 'crash_rate',
  ...(by && { by }),
  value: 0.02,
  sample: 500,
  against: { value: 0.002, sample: 400 },
  difference: 0.018,
  interval: [0.01, 0.03],
  confidence: 0.95,
  verdict,
})
const facts: GateFacts = {
  release: '1.1.0',
  against: '1.0.9',
  comparison: [compared('no_difference'), compared('worse', { platform: 'linux' })],
  firing: [{ title: 'High crash rate', severity: 'P0', summary: 'Crash rate is high' }],
  measured: () => ({ value: 0, sample: 3 }),
  metricTitle: metric => ({ crash_rate: 'Crash rate', bugs_open: 'Open bugs' })[metric] ?? metric,
  valueTitle: (_, value) => (value === 'linux' ? 'Linux' : value),
  format: (_, value) => String(value),
}

test('each condition has its outcome with a reason in words', () => {
  const results = judgeGate([firing, bugs, crash], facts)
  expect(results.map(({ name, passed, reason }) => [name, passed, reason])).toEqual([
    ['no_firing_p0', false, 'Firing: P0 Crash rate is high.'],
    ['bugs_open_p0', true, 'Open bugs (P0): 0. Allowed: at most 0.'],
    ['crash_rate_not_worse', true, 'Crash rate of 1.1.0 does not differ from that of 1.0.9 at the same age: 0.02 and 0.002.'],
    ['crash_rate_not_worse_linux', false, 'Crash rate on Linux of 1.1.0 is worse than that of 1.0.9 at the same age: 0.02 and 0.002.'],
  ])
  expect(gatePassed(results)).toBe(false)
})

test('a condition without enough data is neither passed nor failed', () => {
  const unmeasured = judgeGate([bugs], { ...facts, measured: () => ({ value: 0, sample: 0 }) })
  expect(unmeasured).toMatchObject([{ passed: null, reason: 'Not enough data: nothing was measured for Open bugs (P0).' }])
  const late = { value: 0, sample: 3, unknown: ' since 2026-01-20T09:00:00.000Z: collector github failed: 401' }
  expect(judgeGate([bugs], { ...facts, measured: () => late })).toMatchObject([
    { passed: null, value: null, reason: 'Open bugs (P0) is unknown since 2026-01-20T09:00:00.000Z: collector github failed: 401.' },
  ])
  const few = judgeGate([firing, crash], { ...facts, firing: [], comparison: [compared('not_enough_data')] })
  expect(few.map(({ passed }) => passed)).toEqual([true, null])
  expect(gatePassed(few)).toBeNull()
})

test('the first release is not worse than one before', () => {
  expect(judgeGate([crash], { ...facts, against: null, comparison: [] })).toMatchObject([{ passed: true }])
})

test('a condition fails before another one lacks data', () => {
  expect(gatePassed(judgeGate([firing, bugs], { ...facts, measured: () => ({ value: null, sample: 0 }) }))).toBe(false)
})
