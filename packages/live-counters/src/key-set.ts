import type { Key } from '@northstar/events'

const INITIAL_SLOTS = 64

/**
 * A set of 64-bit keys as pairs of words, a fifth of the memory and time of a set of texts. The key 0 means
 * "no id" and is never in a set. The table uses open addressing and is at most half full.
 */
export class KeySet {
  size = 0
  #words = new Uint32Array(2 * INITIAL_SLOTS)

  static of(keys: Iterable<Key>): KeySet {
    const set = new KeySet()
    for (const { high, low } of keys) set.add(high, low)
    return set
  }

  add(high: number, low: number): void {
    if (4 * this.size >= this.#words.length) this.#grow()
    if (insert(this.#words, high, low)) this.size++
  }

  addAll(other: KeySet): void {
    other.visit((high, low) => {
      this.add(high, low)
    })
  }

  visit(each: (high: number, low: number) => void): void {
    const words = this.#words
    for (let at = 0; at < words.length; at += 2) {
      const high = words[at] as number
      const low = words[at + 1] as number
      if (high !== 0 || low !== 0) each(high, low)
    }
  }

  #grow(): void {
    const larger = new Uint32Array(2 * this.#words.length)
    this.visit((high, low) => {
      insert(larger, high, low)
    })
    this.#words = larger
  }
}

/** Adds a key to a table that has a free slot. Returns whether the key was new. */
function insert(words: Uint32Array, high: number, low: number): boolean {
  const mask = words.length / 2 - 1
  for (let slot = (high ^ Math.imul(low, 0x9e3779b1)) & mask; ; slot = (slot + 1) & mask) {
    const at = 2 * slot
    const storedHigh = words[at] as number
    const storedLow = words[at + 1] as number
    if (storedHigh === high && storedLow === low) return false
    if (storedHigh === 0 && storedLow === 0) {
      words[at] = high
      words[at + 1] = low
      return true
    }
  }
}
