import type { Target } from '@northstar/metrics'
import type { Color, Override, Thresholds } from './model.ts'

// Distinct with red-green colour blindness.
export const GOOD = 'blue'
export const BEHIND = 'orange'
export const OFF = 'dark-red'

/**
 * Colours a value by its status. A threshold step includes its value, so if less is better it begins slightly above the target, by the
 * tolerance of a status.
 */
export function colouring({ value, direction, maxAllowed }: Target): Override['properties'] {
  const slack = (limit: number) => Math.abs(limit) * 1e-9
  const past = (limit: number) => limit + Math.max(slack(limit), Number.MIN_VALUE)
  const reached = (limit: number) => limit - slack(limit)
  const steps =
    direction === 'at_most'
      ? [
          { value: null, color: GOOD },
          { value: past(value), color: BEHIND },
          ...(maxAllowed === undefined ? [] : [{ value: past(maxAllowed), color: OFF }]),
        ]
      : [
          { value: null, color: maxAllowed === undefined ? BEHIND : OFF },
          ...(maxAllowed === undefined ? [] : [{ value: reached(maxAllowed), color: BEHIND }]),
          { value: reached(value), color: GOOD },
        ]
  return [
    { id: 'color', value: { mode: 'thresholds' } satisfies Color },
    { id: 'thresholds', value: { mode: 'absolute', steps } satisfies Thresholds },
  ]
}
