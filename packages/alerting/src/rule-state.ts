import type { Severity } from './alert-rule.ts'
import type { Labels } from './labels.ts'
import type { ValueUnit } from './templates.ts'

/** The state of one alert of a rule: of the whole or of one member of its breakdown. Times are epoch milliseconds. Plain JSON. */
export interface MemberState {
  readonly phase: 'pending' | 'firing' | 'resolved'
  readonly labels: Labels
  readonly fingerprint: string
  /** The breakdown's value; null for the whole. */
  readonly member: string | null
  /** Time from which the condition has held. */
  readonly activeAt: number
  readonly firedAt: number | null
  /** Time from which the condition of a firing alert has not held. */
  readonly clearedAt: number | null
  readonly endsAt: number | null
  readonly value: number | null
  readonly threshold: number | null
  readonly sample: number
  /** Whether the alert is about missing data, not about a value. */
  readonly noData: boolean
  /** The last figures that met the condition, if the current ones do not: after the end, and between threshold and recovery. */
  readonly held?: Pick<Observation, 'value' | 'threshold' | 'sample'>
}

/** All alerts of a rule, by fingerprint. */
export interface RuleState {
  readonly members: Readonly<Record<string, MemberState>>
}

export const NO_STATE: RuleState = { members: {} }

/** A change of an alert; `cleared` is the end of a pending one. */
export interface Transition {
  readonly to: 'pending' | 'firing' | 'resolved' | 'cleared'
  readonly at: number
  readonly alert: MemberState
}

/** The observation of one member of a rule's metric at one time. */
export interface Observation {
  readonly member: string | null
  /** Null without data. */
  readonly value: number | null
  readonly sample: number
  /** Null if it cannot be computed (no target, nothing to compare with). */
  readonly threshold: number | null
}

/** A firing or resolved alert for routing and people. */
export interface Alert {
  readonly fingerprint: string
  readonly rule: string
  readonly severity: Severity
  readonly labels: Labels
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: number
  readonly endsAt: number | null
  readonly value: number | null
  readonly threshold: number | null
  /** The unit of value and threshold. */
  readonly unit?: ValueUnit
}
