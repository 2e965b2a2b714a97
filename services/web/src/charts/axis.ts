import type { Unit } from '../api/types.ts'

export interface Axis {
  readonly ticks: readonly number[]
  readonly format: (tick: number) => string
}

interface Scale {
  /** Values per unit of the axis, such as 1,024 kB per MB. */
  readonly factor: number
  readonly suffix: string
}

/** Scales of a unit, largest first, each from the value at which it starts. */
const SCALES: Readonly<Partial<Record<Unit, readonly (Scale & { readonly from: number })[]>>> = {
  ratio: [{ from: 0, factor: 0.01, suffix: '%' }],
  ms: [
    { from: 10_000, factor: 1_000, suffix: ' s' },
    { from: 0, factor: 1, suffix: ' ms' },
  ],
  kB: [
    { from: 1_024, factor: 1_024, suffix: ' MB' },
    { from: 0, factor: 1, suffix: ' kB' },
  ],
  bytes: [
    { from: 1_048_576, factor: 1_048_576, suffix: ' MB' },
    { from: 0, factor: 1_024, suffix: ' kB' },
  ],
  hours: [
    { from: 72, factor: 24, suffix: ' d' },
    { from: 0, factor: 1, suffix: ' h' },
  ],
}

/** Preferred number of steps of an axis. */
const STEPS = 4

/** An axis from 0 that holds all values: round ticks in one unit, whole numbers for counts. */
export function axisOf(values: readonly number[], unit: Unit): Axis {
  const high = Math.max(0, ...values)
  const low = Math.min(0, ...values)
  const size = Math.max(high, -low)
  const { factor, suffix } = SCALES[unit]?.find(({ from }) => size >= from) ?? { factor: 1, suffix: '' }
  const step = roundStep((high - low) / factor / STEPS || 1 / STEPS, unit === 'count')
  const [first, last] = [Math.floor(low / factor / step + 1e-9), Math.max(1, Math.ceil(high / factor / step - 1e-9))]
  const digits = Math.max(0, -Math.floor(Math.log10(step)))
  const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: digits })
  return {
    ticks: Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step * factor),
    format: tick => number.format(tick / factor) + suffix,
  }
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below `least`. */
function roundStep(least: number, whole: boolean): number {
  const power = 10 ** Math.floor(Math.log10(least))
  const step = ([1, 2, 5].find(times => times * power >= least * (1 - 1e-9)) ?? 10) * power
  return whole ? Math.max(1, step) : step
}

/**
 * A time as an index into periods, with the elapsed fraction of its period; -1 before the first. The last period ends at its index.
 * @param at epoch ms
 */
export function placeOf(at: number, periods: readonly { readonly from: string }[]): number {
  const index = periods.findLastIndex(({ from }) => Date.parse(from) <= at)
  const [start, next] = [periods[index], periods[index + 1]]
  if (!start || !next) return index
  const from = Date.parse(start.from)
  return index + (at - from) / (Date.parse(next.from) - from)
}
