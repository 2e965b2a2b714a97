import type { Position } from './index.ts'
import type { KeySet } from './key-set.ts'

/** How many (set, member) pairs are remembered; a newer one takes the place of an older one. Two words each: 2 MiB a partition. */
const SLOTS = 1 << 18

/**
 * Which members a worker has already added to which unique sets of one partition. Users come back, to the hour's set above all, and adding
 * a member again is most of what Redis would have to do. Forgetting one costs only that it is sent again.
 *
 * What it holds is true as long as each apply begins where the one before ended: a position stands for everything that was counted up
 * to it. After anything else, a failure or a reset, all is forgotten.
 */
export class SeenMembers {
  private readonly table = new Uint32Array(2 * SLOTS)
  private reached: Position | null = null

  /** To be called before an apply: forgets all unless it begins where the last one that was {@link settle | settled} ended. */
  begin(expected: Position | null): void {
    if (!this.reached || this.reached.offset !== expected?.offset || this.reached.windowStart !== expected.windowStart) this.table.fill(0)
    this.reached = null
  }

  /** To be called when the apply is known to be counted. */
  settle(next: Position): void {
    this.reached = next
  }

  /** The members not yet seen in each of the sets (by key), which now are: the high and the low word of each. */
  takeUnseen(keys: readonly string[], members: KeySet): readonly (readonly number[])[] {
    const { table } = this
    const count = keys.length
    const salts = Uint32Array.from(keys.flatMap(key => [hash(key, 0x811c9dc5), hash(key, 0x01234567)]))
    const unseen = keys.map((): number[] => [])
    members.visit((high, low) => {
      for (let i = 0; i < count; i++) {
        const first = (high ^ (salts[2 * i] ?? 0)) >>> 0
        const second = (low ^ (salts[2 * i + 1] ?? 0)) >>> 0
        const slot = 2 * (second & (SLOTS - 1))
        if (table[slot] === first && table[slot + 1] === second) continue
        table[slot] = first
        table[slot + 1] = second
        unseen[i]?.push(high, low)
      }
    })
    return unseen
  }
}

/** FNV-1a, spread. */
function hash(text: string, seed: number): number {
  let value = seed
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d)
  return value ^ (value >>> 13)
}
