import type { Alert, Definition, SeriesPoint, Unit } from './api/types.ts'
import { formatDifference, formatPercent, formatRelativeChange, formatValue } from './format.ts'
import { soFarText } from './period.ts'

export type Tone = 'good' | 'warn' | 'bad' | 'plain'

/** A value's status against its target. The word carries the meaning without the colour. */
export interface Verdict {
  readonly tone: Tone
  readonly word: string
}

type Judged = Pick<Definition, 'accumulates' | 'unit'>

/** The status of a point; a firing alert of its metric overrides it. Null where there is nothing to judge. */
export function verdictOf(point: SeriesPoint | undefined, definition: Judged, alert?: Alert): Verdict | null {
  if (alert) return { tone: 'bad', word: 'Alert firing' }
  const target = point?.target
  if (point && !point.complete) return { tone: 'plain', word: unfinishedText(point, definition) }
  if (!point || !target) return null
  const { status } = target
  if (point.value === null || !status || status === 'not_enough_data') return { tone: 'plain', word: 'Not enough data' }
  return judge(point.value, { ...target, status }, definition.unit)
}

function unfinishedText(point: SeriesPoint, { accumulates }: Judged): string {
  const text = soFarText(point)
  const { value, target } = point
  if (!accumulates || value === null || !target?.value) return text
  return `${formatPercent(Math.round((value / target.value) * 100) / 100)} of the target ${text}`
}

type Target = NonNullable<SeriesPoint['target']>
type JudgedTarget = Target & { readonly status: Exclude<Target['status'], 'not_enough_data' | undefined> }

function judge(value: number, target: JudgedTarget, unit: Unit): Verdict {
  const { status, distance = 0, direction } = target
  if (status === 'on_target') return { tone: 'good', word: 'On target' }
  if (status === 'off') return { tone: 'bad', word: 'Over the limit' }
  const far =
    unit === 'ratio' || target.value === 0 ? (formatDifference(distance, unit, value) ?? 'slightly') : formatRelativeChange(distance)
  if (status === 'ahead') return { tone: 'good', word: direction === 'at_most' ? 'Within target' : `${far} ahead` }
  return { tone: 'warn', word: direction === 'at_most' ? 'Above target' : `${far} behind` }
}

/** How many of these points, each with a target of its own, were judged and how many of them met it. */
export function countMet(points: readonly (SeriesPoint | undefined)[]): { readonly met: number; readonly judged: number } {
  const statuses = points.map(point => (point?.value === null ? undefined : point?.target?.status))
  const judged = statuses.filter(status => status !== undefined && status !== 'not_enough_data')
  return { met: judged.filter(status => status === 'ahead' || status === 'on_target').length, judged: judged.length }
}

/** The status of a metric whose members alone have targets: `2 of 3 targets met`. */
export function membersVerdict(points: readonly (SeriesPoint | undefined)[]): Verdict {
  const { met, judged } = countMet(points)
  if (judged === 0) return { tone: 'plain', word: 'Not enough data' }
  return { tone: met === judged ? 'good' : 'warn', word: `${met} of ${judged} targets met` }
}

/** `≤ 5%` or `75%`. */
export const targetText = (target: { readonly value: number; readonly direction: 'at_least' | 'at_most' }, unit: Unit) =>
  `${target.direction === 'at_most' ? '≤ ' : ''}${formatValue(target.value, unit)}`

export interface Change {
  readonly direction: 'up' | 'down' | 'flat'
  /** `+100`. */
  readonly difference: string
  /** `+67%`; absent for ratios, and where it rounds to 0. */
  readonly gain?: string
}

/** The change between two values; null where one is missing. */
export function changeOf(value: number | null | undefined, before: number | null | undefined, unit: Unit): Change | null {
  if (value === null || value === undefined || before === null || before === undefined) return null
  const by = value - before
  const difference = formatDifference(by, unit, Math.max(Math.abs(value), Math.abs(before)))
  const direction = difference === null ? 'flat' : by > 0 ? 'up' : 'down'
  const gain = unit === 'ratio' || before === 0 ? '' : formatRelativeChange(by / Math.abs(before))
  return { direction, difference: difference ?? 'no change', ...(/[1-9]/.test(gain) && { gain }) }
}
