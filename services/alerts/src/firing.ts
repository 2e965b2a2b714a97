import { type AlertRule, acknowledgementState, toAlert } from '@northstar/alerting'
import type { Metric } from '@northstar/metrics'
import type { StateStore } from '@northstar/state'
import { RULES, type RuleDocument, readAcknowledgements } from './documents.ts'

/** A firing alert in a few words, for reports and gates. */
export interface FiringAlert {
  readonly rule: string
  readonly severity: AlertRule['severity']
  readonly summary: string
  readonly acknowledgedBy: string | null
}

/** The alerts that fire now, from the store: any process can ask. */
export async function readFiring(
  state: StateStore,
  { rules, metrics }: { readonly rules: readonly AlertRule[]; readonly metrics: ReadonlyMap<string, Metric> },
): Promise<readonly FiringAlert[]> {
  const [documents, acknowledgements] = await Promise.all([state.list<RuleDocument>(RULES), readAcknowledgements(state)])
  const byName = new Map(rules.map(rule => [rule.name, rule]))
  return documents.flatMap(({ key, value }) => {
    const rule = byName.get(key.slice(RULES.length))
    if (!rule) return []
    const firing = Object.values(value.state.members).filter(member => member.phase === 'firing')
    return firing.map(member => {
      const alert = toAlert(rule, member, metrics.get(rule.metric)?.unit)
      const found = acknowledgements.find(one => one.fingerprint === member.fingerprint)
      const acknowledgedBy = found && acknowledgementState(alert, found) === 'holds' ? found.by : null
      return { rule: rule.name, severity: rule.severity, summary: alert.annotations.summary ?? '', acknowledgedBy }
    })
  })
}
