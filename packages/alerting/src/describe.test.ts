import { expect, test } from 'vitest'
import type { AlertRule } from './alert-rule.ts'
import { describeDuration, describeRule } from './describe.ts'

const RULE: AlertRule = {
  name: 'slow',
  group: 'critical',
  metric: 'waiting',
  window: { kind: 'duration', ms: 900_000 },
  where: {},
  condition: { direction: 'above', threshold: { kind: 'number', value: 0.01 } },
  for: 300_000,
  keepFiringFor: 0,
  minSample: 1,
  noData: 'keep',
  severity: 'P0',
  labels: {},
  annotations: {},
  action: '',
}
const week = { kind: 'period', period: 'week', which: 'last_complete' } as const

const said: readonly (readonly [Partial<AlertRule>, string])[] = [
  [{}, 'Waiting of the last 15 minutes is above 1%, for 5 minutes'],
  [
    { window: { kind: 'duration', ms: 3_600_000 }, where: { priority: 'P0' }, for: 0 },
    'Waiting (priority P0) of the last hour is above 1%',
  ],
  [
    { by: 'query_kind', condition: { direction: 'above', threshold: { kind: 'target', times: 2 } } },
    'Waiting, each query kind, of the last 15 minutes is above 2 times its target, for 5 minutes',
  ],
  [
    { window: week, for: 0, condition: { direction: 'below', threshold: { kind: 'growth', times: 0.5 } } },
    'Waiting of the last whole week grew by less than 50% of what its targets ask for since the week before',
  ],
  [
    { window: { ...week, which: 'current' }, for: 0, condition: { direction: 'below', threshold: { kind: 'change', fraction: -0.4 } } },
    'Waiting of the running week is below 60% of the week before',
  ],
  [
    { window: week, offset: 1, for: 0, condition: { direction: 'below', threshold: { kind: 'target', times: 1 } } },
    'Waiting, week 1, of the last whole week is below its target',
  ],
]

test.each(said)('a rule reads as a sentence: %o', (over, words) => {
  expect(describeRule({ ...RULE, ...over }, { title: 'Waiting', unit: 'ratio' })).toBe(words)
})

test('properties and values read as their titles', () => {
  const titles = { properties: { system: 'OS', query_kind: 'Kind of query' }, values: { system: { macos: 'macOS' } } }
  const words = describeRule({ ...RULE, where: { system: 'macos' }, by: 'query_kind', titles }, { title: 'Waiting', unit: 'ratio' })
  expect(words).toBe('Waiting (OS macOS), each kind of query, of the last 15 minutes is above 1%, for 5 minutes')
})

test('a metric that is no more has its name alone', () => {
  expect(describeRule(RULE, undefined)).toBe('waiting of the last 15 minutes is above 0.01, for 5 minutes')
})

test.each([
  [300_000, '5 minutes'],
  [5_400_000, '1 hour 30 minutes'],
  [0, '0 seconds'],
])('%i ms are %s', (ms, words) => {
  expect(describeDuration(ms)).toBe(words)
})
