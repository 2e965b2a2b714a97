/**
 * DDSketch (Masson, Rim, Lee: VLDB 2019): values are counted in bins whose borders grow by a constant factor, so that any quantile is within 1% of
 * the true value. Sketches are merged by adding their bins.
 *
 * A bin is a whole number: `index + BIAS` for positive values, its negative for negative ones, 0 for zero. Its name in a field is that
 * number in base 36.
 */
const RELATIVE_ERROR = 0.01
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
const INVERSE_LOG_GAMMA = 1 / Math.log(GAMMA)
/** Smaller values count as zero, so that every index is above -BIAS. */
const SMALLEST = 1e-9
/** Larger values count as this one. */
const LARGEST = 1e18
const BIAS = 1_100

/** The bin of a value. */
export function binOf(value: number): number {
  const size = Math.abs(value)
  if (!(size >= SMALLEST)) return 0
  const bin = Math.ceil(Math.log(Math.min(size, LARGEST)) * INVERSE_LOG_GAMMA) + BIAS
  return value < 0 ? -bin : bin
}

/** The value of a bin: within 1% of each of its values. */
export function binValue(bin: number): number {
  if (bin === 0) return 0
  const value = (2 * GAMMA ** (Math.abs(bin) - BIAS)) / (GAMMA + 1)
  return bin < 0 ? -value : value
}

export function binName(bin: number): string {
  return bin.toString(36)
}

export function binFromName(name: string): number {
  return Number.parseInt(name, 36)
}

export class DDSketch {
  private readonly bins = new Map<number, number>()
  private total = 0

  /** The number of values. */
  get count(): number {
    return this.total
  }

  add(value: number): void {
    this.addBin(binOf(value), 1)
  }

  addBin(bin: number, count: number): void {
    this.bins.set(bin, (this.bins.get(bin) ?? 0) + count)
    this.total += count
  }

  merge(other: DDSketch): void {
    for (const [bin, count] of other.bins) this.addBin(bin, count)
  }

  /**
   * The value at rank `q * (count - 1)`, interpolated linearly if the rank is not a whole number (SQL's `PERCENTILE_CONT`); within 1% if all values
   * have the same sign. Null if the sketch is empty.
   * @param q 0 to 1
   */
  quantile(q: number): number | null {
    if (this.total === 0) return null
    const rank = q * (this.total - 1)
    const below = Math.floor(rank)
    const fraction = rank - below
    const bins = [...this.bins].sort(([a], [b]) => a - b)
    const low = valueAt(bins, below)
    return fraction === 0 ? low : low + (valueAt(bins, below + 1) - low) * fraction
  }
}

function valueAt(bins: readonly (readonly [number, number])[], rank: number): number {
  let seen = 0
  for (const [bin, count] of bins) {
    seen += count
    if (seen > rank) return binValue(bin)
  }
  return binValue(bins.at(-1)?.[0] ?? 0)
}
