import { randomFillSync } from 'node:crypto'

/** How many preceding events of a partition are searched for a repeated identity. The same in every group. */
export const DUPLICATE_WINDOW = 2 ** 20

const INITIAL_RING = 1 << 11
/** An entry of the table is a ring index plus one in its low bits and, above them, the low bits of the identity's home slot. */
const INDEX_BITS = 21
const INDEX_MASK = (1 << INDEX_BITS) - 1
const HOME_MASK = 2 ** (32 - INDEX_BITS) - 1

/** Four random words that determine the slots of identities in a table. */
export type Seed = Uint32Array

const randomSeed = (): Seed => randomFillSync(new Uint32Array(4))

/** The home slot of an identity before it is cut to the table's size. Both multipliers are odd, so that every bit of both words counts. */
function homeOf(seed: Seed, hi: number, lo: number): number {
  const sum = Math.imul(lo ^ (seed[0] as number), (seed[1] as number) | 1) + Math.imul(hi ^ (seed[2] as number), (seed[3] as number) | 1)
  const mixed = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d)
  return mixed ^ (mixed >>> 13)
}

/**
 * The identities of the preceding `capacity` events of a partition. Whether an event is a duplicate is a pure function of the log, so all
 * consumers of the partition agree, whenever they read and however often they restart. A duplicate takes a position too: the window is the
 * last `capacity` events of the log.
 *
 * A ring of identities by position, and an open-addressing table of the positions' slots. Both grow as they fill: about 16 MB
 * at 2^20 events. Slots depend on a seed that each process draws for itself, so that no choice of identities makes probing long.
 */
export class DuplicateWindow {
  readonly capacity: number
  readonly #seed: Seed
  /** Words of the identities by position modulo the ring's length (a power of two). */
  #hi: Uint32Array
  #lo: Uint32Array
  /**
   * The position of the newest event with an identity; 0 is empty. Linear probing, at most half full. The home bits distinguish most other
   * identities, and give an entry's home slot, without a read of the ring: at 16 MB the time goes into memory accesses.
   */
  #table: Uint32Array
  /** Whether an entry may lie further from its home than the home bits can count. */
  #hasLongRuns = false
  /** The next position, and the oldest one inside the window. */
  #next = 0
  #oldest = 0
  /** The log records that have events in the window: offset and first position of each, a queue. */
  #offsets: number[] = []
  #firsts: number[] = []
  #head = 0

  /**
   * @param capacity how many preceding events are searched, at most 2^20 (the default)
   * @param seed determines slots in memory only; results do not depend on it
   */
  constructor(capacity = DUPLICATE_WINDOW, seed = randomSeed()) {
    if (!Number.isSafeInteger(capacity) || capacity < 1 || capacity > 2 ** 20) throw new RangeError('capacity must be from 1 to 2^20')
    this.capacity = capacity
    this.#seed = seed
    const ring = Math.min(INITIAL_RING, powerOfTwo(capacity))
    this.#hi = new Uint32Array(ring)
    this.#lo = new Uint32Array(ring)
    this.#table = new Uint32Array(ring * 2)
  }

  /** How many events the window holds. */
  get size(): number {
    return this.#next - this.#oldest
  }

  /** The log offset of the oldest record with an event inside the window, or null. Reading from this offset restores the window. */
  get windowStart(): number | null {
    const { capacity } = this
    // The next event looks back over `capacity` events: a record matters as long as its last event is among them.
    const from = Math.max(0, this.#next - capacity)
    while (this.#head + 1 < this.#firsts.length && (this.#firsts[this.#head + 1] ?? 0) <= from) this.#head++
    if (this.#head > 1024 && this.#head * 2 > this.#offsets.length) {
      this.#offsets = this.#offsets.slice(this.#head)
      this.#firsts = this.#firsts.slice(this.#head)
      this.#head = 0
    }
    return this.#offsets[this.#head] ?? null
  }

  /** Begins the record at `offset`, to which the following events belong. Offsets must increase. */
  beginRecord(offset: number): void {
    const last = this.#firsts.length - 1
    // A record without events is replaced by the next one.
    if (last >= this.#head && this.#firsts[last] === this.#next) {
      this.#offsets[last] = offset
      return
    }
    this.#offsets.push(offset)
    this.#firsts.push(this.#next)
  }

  /** Adds the next event by the words of its identity. Returns whether the identity was in the window. */
  add(hi: number, lo: number): boolean {
    let repeatsOldest = false
    if (this.#next - this.#oldest === this.capacity) {
      const oldest = this.#oldest & (this.#hi.length - 1)
      // The oldest event is among the preceding `capacity` of this one, and is evicted by it.
      repeatsOldest = this.#lo[oldest] === lo >>> 0 && this.#hi[oldest] === hi >>> 0
      this.#evict()
    } else if (this.#next - this.#oldest === this.#hi.length) {
      this.#grow()
    }
    const his = this.#hi
    const los = this.#lo
    const table = this.#table
    const mask = table.length - 1
    const index = this.#next++ & (his.length - 1)
    his[index] = hi
    los[index] = lo
    const home = homeOf(this.#seed, hi, lo)
    const homeBits = (home & HOME_MASK) << INDEX_BITS
    const own = (homeBits | (index + 1)) >>> 0
    for (let slot = home & mask; ; slot = (slot + 1) & mask) {
      const entry = table[slot] as number
      if (entry === 0) {
        table[slot] = own
        if (((slot - home) & mask) > HOME_MASK) this.#hasLongRuns = true
        return repeatsOldest
      }
      if (((entry ^ homeBits) & ~INDEX_MASK) !== 0) continue
      const other = (entry & INDEX_MASK) - 1
      if (los[other] === lo >>> 0 && his[other] === hi >>> 0) {
        // The newer position keeps the identity inside for longer.
        table[slot] = own
        return true
      }
    }
  }

  #evict(): void {
    const index = this.#oldest++ & (this.#hi.length - 1)
    const table = this.#table
    const mask = table.length - 1
    let slot = this.#homeAt(index) & mask
    for (;;) {
      const entry = table[slot] as number
      if ((entry & INDEX_MASK) === index + 1) break
      // A later repeat has taken over the slot: nothing to remove.
      if (entry === 0) return
      slot = (slot + 1) & mask
    }
    // Close the gap, so that later entries of the same run are still found.
    for (let next = (slot + 1) & mask; ; next = (next + 1) & mask) {
      const entry = table[next] as number
      if (entry === 0) break
      if (this.#distance(entry, next, mask) >= ((next - slot) & mask)) {
        table[slot] = entry
        slot = next
      }
    }
    table[slot] = 0
  }

  /** How far an entry lies from its home slot. */
  #distance(entry: number, slot: number, mask: number): number {
    if (this.#hasLongRuns) return (slot - this.#homeAt((entry & INDEX_MASK) - 1)) & mask
    return (slot - (entry >>> INDEX_BITS)) & HOME_MASK & mask
  }

  #homeAt(index: number): number {
    return homeOf(this.#seed, this.#hi[index] as number, this.#lo[index] as number)
  }

  #grow(): void {
    const length = this.#hi.length * 2
    const [oldHi, oldLo, oldMask] = [this.#hi, this.#lo, this.#hi.length - 1]
    this.#hi = new Uint32Array(length)
    this.#lo = new Uint32Array(length)
    this.#table = new Uint32Array(length * 2)
    const mask = this.#table.length - 1
    for (let position = this.#oldest; position < this.#next; position++) {
      const index = position & (length - 1)
      const hi = oldHi[position & oldMask] as number
      const lo = oldLo[position & oldMask] as number
      this.#hi[index] = hi
      this.#lo[index] = lo
      const home = homeOf(this.#seed, hi, lo)
      let slot = home & mask
      for (; this.#table[slot] !== 0; slot = (slot + 1) & mask) {
        const other = ((this.#table[slot] as number) & INDEX_MASK) - 1
        if (this.#lo[other] === lo && this.#hi[other] === hi) break
      }
      if (((slot - home) & mask) > HOME_MASK) this.#hasLongRuns = true
      this.#table[slot] = (((home & HOME_MASK) << INDEX_BITS) | (index + 1)) >>> 0
    }
  }
}

const powerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(n))
