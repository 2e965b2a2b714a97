import type { Labels } from './labels.ts'
import { matches } from './matchers.ts'
import type { InhibitRule } from './routing-file.ts'

interface Labelled {
  readonly fingerprint: string
  readonly labels: Labels
}

/** Answers for an alert which firing alert mutes it, or null. An alert that fits both sides never mutes itself or its like. */
export function createInhibitor(rules: readonly InhibitRule[], firing: readonly Labelled[]): (alert: Labelled) => string | null {
  const sources = rules.map(rule => {
    const byEqual = new Map<string, Labelled[]>()
    for (const alert of firing) {
      if (!matches(rule.sourceMatchers, alert.labels)) continue
      const key = equalKey(rule, alert.labels)
      byEqual.set(key, [...(byEqual.get(key) ?? []), alert])
    }
    return { rule, byEqual }
  })
  return alert => {
    for (const { rule, byEqual } of sources) {
      if (byEqual.size === 0 || !matches(rule.targetMatchers, alert.labels)) continue
      const fitsBoth = matches(rule.sourceMatchers, alert.labels)
      const source = byEqual
        .get(equalKey(rule, alert.labels))
        ?.find(other => other.fingerprint !== alert.fingerprint && !(fitsBoth && matches(rule.targetMatchers, other.labels)))
      if (source) return source.fingerprint
    }
    return null
  }
}

function equalKey(rule: InhibitRule, labels: Labels): string {
  return JSON.stringify(rule.equal.map(name => labels[name] ?? ''))
}
