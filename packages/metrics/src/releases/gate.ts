import type { ReleaseMetric } from './compare.ts'
import type { GateCheck } from './releases-section.ts'

/** The outcome of a condition of the gate; `passed` is null without enough data. */
export interface GateResult {
  readonly name: string
  readonly passed: boolean | null
  readonly value: number | null
  readonly limit: number | null
  /** In words. */
  readonly reason: string
}

/** The value that a condition with a limit judges. */
export interface GateValue {
  readonly value: number | null
  readonly sample: number
  /** The reason why the value is unknown, and since when: its collector failed or is late. */
  readonly unknown?: string
}

/** The facts on which the conditions of a gate are judged. */
export interface GateFacts {
  readonly release: string
  /** The release that it is compared with; null for the first release. */
  readonly against: string | null
  /** The comparison of the metrics that a condition names, by {@link GateCheck} `not_worse` and `by`. */
  readonly comparison: readonly ReleaseMetric[]
  readonly firing: readonly { readonly title: string; readonly severity: string; readonly summary: string }[]
  /** The value that a condition with a limit asks for. */
  measured(check: LimitCheck): GateValue
  metricTitle(metric: string): string
  valueTitle(property: string, value: string): string
  /** Writes a value of a metric with its unit, with as many digits as distinguish it from the other one. */
  format(metric: string, value: number | null, other: number | null): string
}

export type LimitCheck = Extract<GateCheck, { metric: string }>
type WorseCheck = Extract<GateCheck, { not_worse: string }>
type FiringCheck = Extract<GateCheck, { no_firing: readonly string[] }>

/** Judges the conditions. Pure. */
export function judgeGate(checks: readonly GateCheck[], facts: GateFacts): readonly GateResult[] {
  return checks.flatMap(check =>
    'no_firing' in check ? [judgeFiring(check, facts)] : 'not_worse' in check ? judgeWorse(check, facts) : [judgeLimit(check, facts)],
  )
}

/** True if all conditions hold, false if one fails, null if one lacks data and none fails. */
export const gatePassed = (results: readonly GateResult[]): boolean | null =>
  results.some(({ passed }) => passed === false) ? false : results.every(({ passed }) => passed === true) ? true : null

function judgeFiring({ no_firing }: FiringCheck, { firing }: GateFacts): GateResult {
  const found = firing.filter(({ severity }) => no_firing.some(one => one === severity))
  const list = found.map(({ severity, title, summary }) => `${severity} ${summary || title}`)
  return {
    name: `no_firing_${no_firing.join('_').toLowerCase()}`,
    passed: found.length === 0,
    value: found.length,
    limit: 0,
    reason: found.length === 0 ? `No ${no_firing.join(' or ')} alert fires.` : `Firing: ${list.join('; ')}.`,
  }
}

const VERDICTS = { better: 'is better than', worse: 'is worse than', no_difference: 'does not differ from' } as const

function judgeWorse({ not_worse: metric, by }: WorseCheck, facts: GateFacts): readonly GateResult[] {
  const { comparison, release, against, format } = facts
  const name = `${metric}_not_worse`
  const title = facts.metricTitle(metric)
  if (against === null)
    return [
      {
        name,
        passed: true,
        value: null,
        limit: null,
        reason: `${title} of ${release}: the first release, with none before it to compare.`,
      },
    ]
  const compared = comparison.filter(one => one.metric === metric && (one.by === undefined || (by !== undefined && by in one.by)))
  if (compared.length === 0) {
    return [{ name, passed: null, value: null, limit: null, reason: `${title} cannot be compared by release.` }]
  }
  return compared.map(one => {
    const member = one.by?.[by ?? '']
    const subject = member === undefined ? title : `${title} on ${facts.valueTitle(by ?? '', String(member))}`
    const [own, other] = [format(metric, one.value, one.against.value), format(metric, one.against.value, one.value)]
    const samples = `${one.sample} and ${one.against.sample}`
    return {
      name: member === undefined ? name : `${name}_${member}`,
      passed: one.verdict === 'not_enough_data' ? null : one.verdict !== 'worse',
      value: one.value,
      limit: one.against.value,
      reason:
        one.verdict === 'not_enough_data'
          ? `Not enough data for ${subject}: ${own} of ${release}, ${other} of ${against}; samples ${samples}.`
          : `${subject} of ${release} ${VERDICTS[one.verdict]} that of ${against} at the same age: ${own} and ${other}.`,
    }
  })
}

function judgeLimit(check: LimitCheck, { measured, format, release, metricTitle, valueTitle }: GateFacts): GateResult {
  const { metric, where, at_most, at_least, of_release } = check
  const filters = Object.entries(where).map(([property, value]) => valueTitle(property, String(value)))
  const subject = `${metricTitle(metric)}${filters.length > 0 ? ` (${filters.join(', ')})` : ''}${of_release ? ` of ${release}` : ''}`
  const name = [metric, ...Object.values(where)].join('_').toLowerCase()
  const { value, sample, unknown } = measured(check)
  const limit = at_most ?? at_least ?? null
  if (unknown !== undefined) return { name, passed: null, value: null, limit, reason: `${subject} is unknown${unknown}.` }
  if (value === null || sample === 0)
    return { name, passed: null, value: null, limit, reason: `Not enough data: nothing was measured for ${subject}.` }
  const [over, under] = [at_most !== undefined && value > at_most, at_least !== undefined && value < at_least]
  const failed = over || under
  const bound = over || (!under && at_most !== undefined) ? at_most : at_least
  const allowed = `${bound === at_most ? 'at most' : 'at least'} ${format(metric, bound ?? 0, value)}`
  return {
    name,
    passed: !failed,
    value,
    limit: bound ?? null,
    reason: `${subject}: ${format(metric, value, bound ?? 0)}. Allowed: ${allowed}.`,
  }
}
