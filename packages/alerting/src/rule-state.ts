import type { Severity } from './alert-rule.ts'
import type { Labels } from './labels.ts'
import type { ValueUnit } from './templates.ts'

/** One alert of a rule: the whole, or one member of its breakdown. Times are epoch milliseconds. Plain JSON. */
export interface MemberState {
  readonly phase: 'pending' | 'firing' | 'resolved'
  readonly labels: Labels
  readonly fingerprint: string
  /** The breakdown's value; null for the whole. */
  readonly member: string | null
  /** Since when the condition holds. */
  readonly activeAt: number
  readonly firedAt: number | null
  /** Since when a firing alert's condition no longer holds. */
  readonly clearedAt: number | null
  readonly endsAt: number | null
  readonly value: number | null
  readonly threshold: number | null
  readonly sample: number
  /** Holds for want of data, not because of a value. */
  readonly noData: boolean
  /** The last figures that met the condition, where the current ones do not: after the end, and between threshold and recovery. */
  readonly held?: Pick<Observation, 'value' | 'threshold' | 'sample'>
}

/** All alerts of a rule, by fingerprint. */
export interface RuleState {
  readonly members: Readonly<Record<string, MemberState>>
}

export const NO_STATE: RuleState = { members: {} }

/** A change of an alert: `cleared` is a pending one that never fired. */
export interface Transition {
  readonly to: 'pending' | 'firing' | 'resolved' | 'cleared'
  readonly at: number
  readonly alert: MemberState
}

/** The observation of one member of a rule's metric at one time. */
export interface Observation {
  readonly member: string | null
  /** Null where nothing was measured. */
  readonly value: number | null
  readonly sample: number
  /** Null where it cannot be worked out (no target, nothing to compare with). */
  readonly threshold: number | null
}

/** An alert as routing and people see it: firing, or resolved with its end. */
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
