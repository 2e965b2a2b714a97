/** Intervals of 95% for the difference between two releases. Pure: of counts, or of values at ranks. */

/** The lower and the upper end. */
export type Interval = readonly [low: number, high: number]

export const CONFIDENCE = 0.95
/** The standard normal quantile at 1 - (1 - CONFIDENCE) / 2. */
const Z = 1.959963984540054

/** A count out of a total. */
export interface Proportion {
  readonly count: number
  readonly total: number
}

/** Wilson's score interval of a proportion (Wilson 1927). */
export function wilson({ count, total }: Proportion): Interval {
  const p = count / total
  const z2 = Z * Z
  if (count === 0) return [0, z2 / (total + z2)]
  if (count === total) return [total / (total + z2), 1]
  const centre = p + z2 / (2 * total)
  const half = Z * Math.sqrt((p * (1 - p)) / total + z2 / (4 * total * total))
  const scale = 1 + z2 / total
  return [(centre - half) / scale, (centre + half) / scale]
}

/** The difference `one - other` of two independent proportions: Newcombe's hybrid score interval (Newcombe 1998, method 10). */
export function differenceOfProportions(one: Proportion, other: Proportion): Interval {
  const [p, q] = [one.count / one.total, other.count / other.total]
  const [[lowP, highP], [lowQ, highQ]] = [wilson(one), wilson(other)]
  return [p - q - Math.hypot(p - lowP, highQ - q), p - q + Math.hypot(highP - p, q - lowQ)]
}

/**
 * The levels of the order statistics that enclose a quantile, from the binomial distribution of the number of values below it (Conover 1999,
 * chapter 3.2, by the normal approximation). Null if there are too few values.
 * @param level 0 to 1
 */
export function levelsAround(level: number, sample: number): Interval | null {
  const half = Z * Math.sqrt((level * (1 - level)) / sample)
  const [low, high] = [level - half, level + half]
  return low < 0 || high > 1 ? null : [low, high]
}

/** A quantile with the values at {@link levelsAround}. */
export interface Quantile {
  readonly value: number
  readonly interval: Interval
}

/**
 * The difference `one - other` of two independent quantiles, whose variances follow from the width between their order statistics (Price and
 * Bonett 2002).
 */
export function differenceOfQuantiles(one: Quantile, other: Quantile): Interval {
  const half = ({ interval: [low, high] }: Quantile) => (high - low) / 2
  const difference = one.value - other.value
  const width = Math.hypot(half(one), half(other))
  return [difference - width, difference + width]
}
