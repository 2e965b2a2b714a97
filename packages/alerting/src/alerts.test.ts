import { describe, expect, it } from 'vitest'
import { toAlert } from './alerts.ts'
import { alertsFile } from './alerts-section.ts'
import { evaluate } from './evaluate.ts'
import { NO_STATE, type RuleState } from './rule-state.ts'

const [rule] = alertsFile.parse({
  groups: [
    {
      name: 'g',
      rules: [
        {
          alert: 'high_error_rate',
          metric: 'error_rate',
          window: '5m',
          condition: { above: 0.1 },
          recovery: 0.05,
          keep_firing_for: '1m',
          severity: 'P0',
          annotations: {
            summary: 'Error rate {{ value }} is above {{ threshold }}',
            description: 'Of {{ sample }} commands',
            blank: '{{ labels.none }}',
          },
          action: 'Roll back',
        },
      ],
    },
  ],
})
if (!rule) throw new Error('the rule is missing')

/** The alert after these values, a minute apart. */
function after(...values: readonly number[]) {
  let state: RuleState = NO_STATE
  for (const [i, value] of values.entries()) {
    state = evaluate(rule as NonNullable<typeof rule>, [{ member: null, value, sample: 100 + i, threshold: 0.1 }], i * 60_000, state).state
  }
  const [member] = Object.values(state.members)
  if (!member) throw new Error('there is no alert')
  return toAlert(rule as NonNullable<typeof rule>, member, 'ratio')
}

describe('the text of an alert', () => {
  it('has the current value while the condition is met', () => {
    expect(after(0.37, 0.4).annotations).toMatchObject({
      summary: 'Error rate 40% is above 10%',
      value: '40%',
      description: 'Of 101 commands',
    })
  })

  it('says why it fired while the value is on its way to recovery, and once it has ended', () => {
    const recovering = after(0.37, 0.08)
    expect(recovering).toMatchObject({ endsAt: null, value: 0.08, annotations: { summary: 'Error rate 37% is above 10%' } })
    const ended = after(0.37, 0.08, 0.01, 0.01, 0.01)
    expect(ended).toMatchObject({ endsAt: 180_000, value: 0.01 })
    expect(ended.annotations).toMatchObject({ summary: 'Error rate 37% is above 10%', value: '37%', description: 'Of 100 commands' })
    expect(after(0.37, 0.01, 0.5).annotations.summary).toBe('Error rate 50% is above 10%')
    expect(after(0.37, 0.01, 0.01, 0.01, 0.2).annotations.summary).toBe('Error rate 20% is above 10%')
  })

  it('has a summary of rule and value where its own is blank', () => {
    expect(after(0.37).annotations.blank).toBeUndefined()
    const blank = { ...(rule as NonNullable<typeof rule>), annotations: { summary: '{{ labels.none }}' } }
    const member = {
      ...after(0.37),
      phase: 'firing' as const,
      member: null,
      activeAt: 0,
      firedAt: 0,
      clearedAt: null,
      sample: 1,
      noData: false,
    }
    expect(toAlert(blank, member, 'ratio').annotations.summary).toBe('High error rate: 37%')
  })
})
