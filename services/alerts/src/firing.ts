import { type Acknowledgement, type Alert, type AlertRule, acknowledgementState, ruleTitle, toAlert } from '@northstar/alerting'
import type { Metric } from '@northstar/metrics'
import type { StateStore } from '@northstar/state'
import { type HistoryRow, RULES, type RuleDocument, readAcknowledgements } from './documents.ts'
import type { ReadHistory } from './history.ts'

/** Summary of a firing alert, for reports and gates. */
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

/** The firing alerts, read from the store, so that any process can call it. */
export async function readFiringAlerts(state: StateStore, { rules, metrics }: Definitions): Promise<readonly Alert[]> {
  const byName = new Map(rules.map(rule => [rule.name, rule]))
  return (await state.list<RuleDocument>(RULES)).flatMap(({ key, value }) => {
    const rule = byName.get(key.slice(RULES.length))
    if (!rule) return []
    const firing = Object.values(value.state.members).filter(member => member.phase === 'firing')
    return firing.map(member => toAlert(rule, member, metrics.get(rule.metric)?.unit))
  })
}

/** Summaries of the firing alerts. */
export async function readFiring(state: StateStore, definitions: Definitions): Promise<readonly FiringAlert[]> {
  const [alerts, acknowledgements] = await Promise.all([readFiringAlerts(state, definitions), readAcknowledgements(state)])
  return alerts.map(alert => summarize(alert, definitions, acknowledgements))
}

/** Maximum number of past alerts of a report. */
const MAX_ROWS = 1_000

/** The alerts that fired at an instant, epoch ms: those that still do, and those of the history that ended later. */
export async function readFiringAt(
  at: number,
  state: StateStore,
  definitions: Definitions,
  history: ReadHistory,
): Promise<readonly FiringAlert[]> {
  // In this order, an end that is stored between two reads is read at least once.
  const firing = await readFiringAlerts(state, definitions)
  const pending = (await state.list<RuleDocument>(RULES)).flatMap(({ value }) => value.history)
  const [stored, acknowledgements] = await Promise.all([history({ limit: MAX_ROWS, firingAt: at }), readAcknowledgements(state)])
  const ended = [...pending, ...stored].filter(({ ends_at }) => ends_at !== null && ends_at > at)
  const past = ended.map(row => alertOfRow(row, definitions)).filter(alert => alert !== null)
  const episodes = new Map([...past, ...firing].map(alert => [`${alert.fingerprint} ${alert.startsAt}`, alert]))
  const earlier = acknowledgements.filter(acknowledgement => acknowledgement.at <= at)
  return [...episodes.values()].filter(({ startsAt }) => startsAt <= at).map(alert => summarize(alert, definitions, earlier))
}

/** The alert of a row of the history; null where its rule is no longer in the product. */
export function alertOfRow(row: HistoryRow, { rules, metrics }: Definitions): Alert | null {
  const rule = rules.find(({ name }) => name === row.rule)
  if (!rule) return null
  const { fingerprint, labels, value, threshold, starts_at: startsAt, ends_at: endsAt } = row
  const figures = { value, threshold, sample: 0, noData: false, clearedAt: null, member: null }
  const member = { ...figures, fingerprint, labels, phase: 'resolved' as const, activeAt: startsAt, firedAt: startsAt, endsAt }
  const alert = toAlert({ ...rule, action: '' }, member, metrics.get(rule.metric)?.unit)
  // The history has no samples, which descriptions show.
  return { ...alert, annotations: { ...alert.annotations, description: '' } }
}

function summarize(alert: Alert, { rules }: Definitions, acknowledgements: readonly Acknowledgement[]): FiringAlert {
  const { rule: name, severity, annotations, fingerprint } = alert
  const rule = rules.find(one => one.name === name)
  const found = acknowledgements.find(one => one.fingerprint === fingerprint)
  const acknowledgedBy = found && acknowledgementState(alert, found) === 'holds' ? found.by : null
  return { rule: name, title: rule ? ruleTitle(rule) : name, severity, summary: annotations.summary ?? '', acknowledgedBy }
}
