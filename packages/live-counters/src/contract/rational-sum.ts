/** The double nearest to the exact sum of doubles, by rational arithmetic: the expected value in tests. */
export function exactSum(values: readonly number[]): number {
  const LOWEST = 1_074
  const units = values.reduce((sum, value) => sum + unitsOf(value, LOWEST), 0n)
  const negative = units < 0n
  const size = negative ? -units : units
  const excess = size.toString(2).length - 1_000
  // Shifted if a double cannot have the units. The discarded bits are far below the last digit and become one sticky bit.
  const kept = excess > 0 ? size >> BigInt(excess) : size
  const shifted = excess > 0 && kept << BigInt(excess) !== size ? kept | 1n : kept
  const value = Number(shifted) * 2 ** -537 * 2 ** (Math.max(0, excess) - 537)
  return negative ? -value : value
}

function unitsOf(value: number, lowest: number): bigint {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0] ?? 0n
  const exponent = Number((bits >> 52n) & 2_047n)
  const fraction = bits & ((1n << 52n) - 1n)
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n)
  const units = mantissa << BigInt(Math.max(1, exponent) - 1_075 + lowest)
  return value < 0 ? -units : units
}
