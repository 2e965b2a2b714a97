import { type AlertRule, ruleTitle } from './alert-rule.ts'
import type { Alert, MemberState } from './rule-state.ts'
import { formatValue, renderTemplate, type ValueUnit } from './templates.ts'

/** A firing or resolved alert for routing and people, with rendered annotations. */
export function toAlert(rule: AlertRule, member: MemberState, unit?: ValueUnit): Alert {
  // Texts keep the figures for which the alert fired after the value has changed.
  const { value, threshold, sample } = member.held ?? member
  const values = { labels: member.labels, titles: rule.titles?.values ?? {}, value, threshold, sample, unit }
  const templates: Record<string, string> = {
    ...rule.annotations,
    ...(rule.action !== '' && { action: rule.action }),
    ...(rule.runbook !== undefined && { runbook_url: rule.runbook }),
  }
  const rendered = Object.entries(templates).map(([name, text]) => [name, renderTemplate(text, values)] as const)
  const annotations = Object.fromEntries(rendered.filter(([, text]) => text.trim() !== ''))
  return {
    fingerprint: member.fingerprint,
    rule: rule.name,
    severity: rule.severity,
    labels: member.labels,
    annotations: {
      // Default for a rule without a summary, or with one that renders to blank text.
      summary: `${ruleTitle(rule)}: ${formatValue(value, unit, threshold)}`,
      ...annotations,
      value: formatValue(value, unit, threshold),
      ...(threshold !== null && { threshold: formatValue(threshold, unit, value) }),
    },
    startsAt: member.firedAt ?? member.activeAt,
    endsAt: member.endsAt,
    value: member.value,
    threshold: member.threshold,
    ...(unit !== undefined && { unit }),
  }
}
