/** The seed of this run's random choices; tests print it. */
export const SEED = Number(process.env.NORTHSTAR_TEST_SEED ?? 1)

export interface Random {
  /** In [0, 1). */
  next(): number
  /** A whole number from 0 to below `n`. */
  below(n: number): number
  pick<T>(list: readonly T[]): T
}

/** The same numbers for the same seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (n: number) => Math.floor(next() * n)
  return {
    next,
    below,
    pick<T>(list: readonly T[]): T {
      const item = list[below(list.length)]
      if (item === undefined) throw new RangeError('nothing to pick from')
      return item
    },
  }
}
