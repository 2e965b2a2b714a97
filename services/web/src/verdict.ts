import type { Definition, SeriesPoint, Unit } from './api/types.ts'
import { formatDifference, formatPercent, formatRelativeChange, formatValue } from './format.ts'

export type Tone = 'good' | 'warn' | 'bad' | 'plain'

/** A value's status against its target. The word carries the meaning without the colour. */
export interface Verdict {
  readonly tone: Tone
  readonly word: string
}

export function verdictOf(point: SeriesPoint | undefined, { accumulates, unit }: Pick<Definition, 'accumulates' | 'unit'>): Verdict | null {
  const target = point?.target
  if (!point || !target?.status || point.value === null) return null
  const { status, distance = 0, direction } = target
  if (!point.complete && accumulates && direction === 'at_least' && status === 'behind') {
    return { tone: 'plain', word: `${formatPercent(roundTo(point.value / (target.value || 1), 2))} of the target so far` }
  }
  if (status === 'on_target') return { tone: 'good', word: 'On target' }
  if (status === 'off') return { tone: 'bad', word: 'Over the limit' }
  const far =
    unit === 'ratio' || target.value === 0 ? (formatDifference(distance, unit, point.value) ?? 'just') : formatRelativeChange(distance)
  if (status === 'ahead') return { tone: 'good', word: direction === 'at_most' ? 'Within target' : `${far} ahead` }
  return { tone: 'warn', word: direction === 'at_most' ? 'Above target' : `${far} behind` }
}

const roundTo = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits

/** `< 5%` or `75%`. */
export const targetText = (target: { readonly value: number; readonly direction: 'at_least' | 'at_most' }, unit: Unit) =>
  `${target.direction === 'at_most' ? '≤ ' : ''}${formatValue(target.value, unit)}`

export interface Change {
  readonly direction: 'up' | 'down' | 'flat'
  /** `+100`. */
  readonly difference: string
  /** `+67%`; absent for ratios and without a previous value. */
  readonly gain?: string
  /** Whether the change is towards the target; undefined without a target. */
  readonly welcome?: boolean
}

export function changeOf(value: number | null | undefined, before: number | null | undefined, definition: Definition): Change | null {
  const change = differenceOf(value, before, definition.unit)
  const wanted = targetDirection(definition)
  if (!change || !wanted || change.direction === 'flat') return change
  return { ...change, welcome: (wanted === 'at_least') === (change.direction === 'up') }
}

/** The change between two values, without a judgement. */
export function differenceOf(value: number | null | undefined, before: number | null | undefined, unit: Unit): Change | null {
  if (value === null || value === undefined || before === null || before === undefined) return null
  const by = value - before
  const difference = formatDifference(by, unit, Math.max(Math.abs(value), Math.abs(before)))
  const direction = difference === null ? 'flat' : by > 0 ? 'up' : 'down'
  return {
    direction,
    difference: difference ?? 'no change',
    ...(unit !== 'ratio' && before !== 0 && { gain: formatRelativeChange(by / Math.abs(before)) }),
  }
}

function targetDirection({ targets }: Definition): 'at_least' | 'at_most' | undefined {
  if (!targets) return undefined
  const members = Object.values(targets.by).flatMap(property => Object.values(property))
  return (targets.any ?? targets.total ?? Object.values(targets.weeks)[0] ?? Object.values(targets.periods)[0] ?? members[0])?.direction
}
