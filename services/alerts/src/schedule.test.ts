import { type AlertRule, alertsFile, NO_STATE, type RuleState } from '@northstar/alerting'
import { describe, expect, it } from 'vitest'
import { dueAt, watchOf } from './schedule.ts'

const START = Date.parse('2026-01-20T12:00:00Z')

function ruleWith(over: Readonly<Record<string, unknown>>): AlertRule {
  const rule = { alert: 'r', metric: 'error_rate', window: '5m', condition: { above: 0.1 }, severity: 'P0', action: '', ...over }
  const [made] = alertsFile.parse({ groups: [{ name: 'g', rules: [rule] }] })
  if (!made) throw new Error('the rule is missing')
  return made
}

const memberWith = (over: object): RuleState => {
  const figures = { member: null, value: 0.2, sample: 500, threshold: 0.1, noData: false }
  const times = { activeAt: START, firedAt: null, clearedAt: null, endsAt: null }
  return { members: { a: { phase: 'pending', labels: {}, fingerprint: 'a', ...figures, ...times, ...over } } }
}

/** How long after an evaluation at START + `after` the rule is evaluated again, ms. */
function pauseOf(rule: AlertRule, { after = 0, took = 0, moved = true, state = NO_STATE }): number {
  const startedAt = START + after
  const watch = watchOf(rule, { startedAt, took }, 'live', [{ member: null, value: 0.2, sample: 500, threshold: 0.1 }], state)
  return dueAt(rule, watch, moved ? startedAt : startedAt - 1) - startedAt
}

describe('the time of a rule’s next evaluation', () => {
  it('follows its counters after a short pause, which is longer after a long evaluation', () => {
    expect(pauseOf(ruleWith({}), {})).toBe(20)
    expect(pauseOf(ruleWith({}), { took: 10 })).toBe(40)
    expect(pauseOf(ruleWith({}), { took: 500 })).toBe(100)
    expect(pauseOf(ruleWith({}), { moved: false })).toBe(10_000)
  })

  it('is a hundredth of `for` later, at most a second, while the counters move', () => {
    expect(pauseOf(ruleWith({ for: '1s' }), {})).toBe(20)
    expect(pauseOf(ruleWith({ for: '10s' }), {})).toBe(100)
    expect(pauseOf(ruleWith({ for: '5m' }), {})).toBe(1_000)
    expect(pauseOf(ruleWith({ for: '30m' }), {})).toBe(1_000)
  })

  it('is no later than the end of `for` and of `keep_firing_for`', () => {
    const rule = ruleWith({ for: '5m', keep_firing_for: '5m' })
    expect(pauseOf(rule, { after: 299_600, state: memberWith({}) })).toBe(400)
    const cleared = memberWith({ phase: 'firing', firedAt: START - 1, clearedAt: START })
    expect(pauseOf(rule, { after: 299_600, state: cleared })).toBe(400)
    expect(pauseOf(rule, { after: 299_600, state: cleared, moved: false })).toBe(400)
  })

  it('does not wait for an end that has passed without effect', () => {
    const rule = ruleWith({ for: '5m' })
    expect(pauseOf(rule, { after: 300_000, state: memberWith({}), moved: false })).toBe(10_000)
  })
})
