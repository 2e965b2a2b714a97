/** A seeded random number generator: the same seed yields the same sequence on every machine. */
export interface Chance {
  /** In [0, 1). */
  next(): number
  /** An integer in [min, max]. */
  integer(min: number, max: number): number
  shuffle<T>(list: readonly T[]): T[]
}

/** Mulberry32. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    integer,
    shuffle(list) {
      const shuffled = [...list]
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = integer(0, i)
        const taken = shuffled[i] as (typeof shuffled)[number]
        shuffled[i] = shuffled[j] as (typeof shuffled)[number]
        shuffled[j] = taken
      }
      return shuffled
    },
  }
}

/** Splits `total` by shares into integers that add up to it, by the largest remainder method. */
export function apportion(total: number, shares: readonly number[]): number[] {
  const sum = shares.reduce((a, b) => a + b, 0)
  const exact = shares.map(share => (total * share) / sum)
  const counts = exact.map(x => Math.floor(x + 1e-9))
  const byRemainder = exact.map((x, i) => [x - (counts[i] ?? 0), i] as const).sort((a, b) => b[0] - a[0] || a[1] - b[1])
  let left = total - counts.reduce((a, b) => a + b, 0)
  for (const [, i] of byRemainder) {
    if (left-- <= 0) break
    counts[i] = (counts[i] ?? 0) + 1
  }
  return counts
}

/** Returns a function that rounds a share of `n`. The remainder carries over to the next call, so that the share is exact over all calls. */
export function createRounding(): (share: number, n: number) => number {
  let over = 0
  return (share, n) => {
    const exact = share * n + over
    const count = Math.min(n, Math.floor(exact + 0.5 + 1e-9))
    over = exact - count
    return count
  }
}

/** The value at rank `q` (between 0 and 1) of a log-normal distribution, given its median and its 95th percentile. */
export function logNormal(q: number, p50: number, p95: number): number {
  return p50 * Math.exp((normalQuantile(q) / normalQuantile(0.95)) * Math.log(p95 / p50))
}

/** Acklam's approximation of the standard normal quantile, with a relative error below 1.2e-9. */
function normalQuantile(q: number): number {
  const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239]
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1]
  const c = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783]
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1]
  const poly = (coefficients: readonly number[], x: number): number => coefficients.reduce((sum, k) => sum * x + k, 0)
  if (q > 1 - 0.02425) return -normalQuantile(1 - q)
  if (q < 0.02425) {
    const r = Math.sqrt(-2 * Math.log(q))
    return poly(c, r) / poly(d, r)
  }
  const r = q - 0.5
  return (r * poly(a, r * r)) / poly(b, r * r)
}
