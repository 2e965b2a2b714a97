import type { Target } from '../metric.ts'
import type { Interval } from './intervals.ts'

export type Verdict = 'better' | 'worse' | 'no_difference' | 'not_enough_data'

/** Fewer observations of either release are not enough for a verdict. */
export const MIN_SAMPLE = 30

/** The verdict on a difference. @param interval of the difference; null if there is none */
export function verdictOf(
  interval: Interval | null,
  direction: Target['direction'],
  samples: readonly [own: number, against: number],
): Verdict {
  if (!interval || Math.min(...samples) < MIN_SAMPLE) return 'not_enough_data'
  const [low, high] = interval
  if (low <= 0 && high >= 0) return 'no_difference'
  return low > 0 === (direction === 'at_least') ? 'better' : 'worse'
}
