/** One thing that a benchmark has measured. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: 'events/s' | 'µs/event' | 'bytes/event' | 'ms' | 'kB' | 'MB' | '%' | '×'
}

/** Whether more of the unit is better. */
export const moreIsBetter = (unit: Figure['unit']): boolean => unit === 'events/s'

/** A benchmark: measures once, from a clean start. */
export type Bench = () => Promise<readonly Figure[]>

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  const place = (sorted.length - 1) * q
  const low = sorted[Math.floor(place)] ?? Number.NaN
  const high = sorted[Math.ceil(place)] ?? Number.NaN
  return low + (high - low) * (place - Math.floor(place))
}
