import { type Labels, labelOf } from './labels.ts'
import { matches } from './matchers.ts'
import type { InhibitRule } from './routing-file.ts'

interface Labelled {
  readonly fingerprint: string
  readonly labels: Labels
}

/** Source alerts with equal key labels: any one, and one that is not a target itself. */
interface Sources {
  readonly any: Labelled
  pure?: Labelled
}

/**
 * Returns a function from an alert to the fingerprint of the firing alert that inhibits it, or null. An alert never inhibits itself or another
 * that matches both sides as it does. The cost is linear in the alerts.
 */
export function createInhibitor(rules: readonly InhibitRule[], firing: readonly Labelled[]): (alert: Labelled) => string | null {
  const prepared = rules.map(rule => {
    const byKey = new Map<string, Sources>()
    for (const alert of firing) {
      if (!matches(rule.sourceMatchers, alert.labels)) continue
      const key = equalKey(rule, alert.labels)
      const sources = byKey.get(key) ?? { any: alert }
      if (!sources.pure && !matches(rule.targetMatchers, alert.labels)) sources.pure = alert
      byKey.set(key, sources)
    }
    return { rule, byKey }
  })
  return alert => {
    for (const { rule, byKey } of prepared) {
      if (byKey.size === 0 || !matches(rule.targetMatchers, alert.labels)) continue
      const sources = byKey.get(equalKey(rule, alert.labels))
      const source = matches(rule.sourceMatchers, alert.labels) ? sources?.pure : sources?.any
      if (source) return source.fingerprint
    }
    return null
  }
}

function equalKey(rule: InhibitRule, labels: Labels): string {
  return JSON.stringify(rule.equal.map(name => labelOf(labels, name)))
}
