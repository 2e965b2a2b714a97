import type { Labels } from './labels.ts'
import { type Matcher, matches } from './matchers.ts'

/** Mutes matching alerts between two times (epoch ms, the end is exclusive). */
export interface Silence {
  readonly id: string
  readonly matchers: readonly Matcher[]
  readonly startsAt: number
  readonly endsAt: number
  readonly createdBy: string
  readonly comment: string
}

export type SilencePhase = 'pending' | 'active' | 'expired'

export function silencePhase(silence: Silence, now: number): SilencePhase {
  if (now < silence.startsAt) return 'pending'
  return now < silence.endsAt ? 'active' : 'expired'
}

/** The ids of the active silences that match. */
export function silencedBy(silences: readonly Silence[], labels: Labels, now: number): string[] {
  return silences.filter(one => silencePhase(one, now) === 'active' && matches(one.matchers, labels)).map(one => one.id)
}
