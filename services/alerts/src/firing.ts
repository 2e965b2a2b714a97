import { type Alert, type AlertRule, acknowledgementState, ruleTitle, toAlert } from '@northstar/alerting'
import type { Metric } from '@northstar/metrics'
import type { StateStore } from '@northstar/state'
import { RULES, type RuleDocument, readAcknowledgements } from './documents.ts'

/** A firing alert in a few words, for reports and gates. */
export interface FiringAlert {
  readonly rule: string
  readonly title: string
  readonly severity: AlertRule['severity']
  readonly summary: string
  readonly acknowledgedBy: string | null
}

interface Definitions {
  readonly rules: readonly AlertRule[]
  readonly metrics: ReadonlyMap<string, Metric>
}

/** The alerts that fire now, from the store: any process can ask. */
export async function readFiringAlerts(state: StateStore, { rules, metrics }: Definitions): Promise<readonly Alert[]> {
  const byName = new Map(rules.map(rule => [rule.name, rule]))
  return (await state.list<RuleDocument>(RULES)).flatMap(({ key, value }) => {
    const rule = byName.get(key.slice(RULES.length))
    if (!rule) return []
    const firing = Object.values(value.state.members).filter(member => member.phase === 'firing')
    return firing.map(member => toAlert(rule, member, metrics.get(rule.metric)?.unit))
  })
}

/** The same in a few words, with who acknowledged each. */
export async function readFiring(state: StateStore, definitions: Definitions): Promise<readonly FiringAlert[]> {
  const titles = new Map(definitions.rules.map(rule => [rule.name, ruleTitle(rule)]))
  const [alerts, acknowledgements] = await Promise.all([readFiringAlerts(state, definitions), readAcknowledgements(state)])
  return alerts.map(alert => {
    const found = acknowledgements.find(one => one.fingerprint === alert.fingerprint)
    const acknowledgedBy = found && acknowledgementState(alert, found) === 'holds' ? found.by : null
    const { rule, severity, annotations } = alert
    return { rule, title: titles.get(rule) ?? rule, severity, summary: annotations.summary ?? '', acknowledgedBy }
  })
}
