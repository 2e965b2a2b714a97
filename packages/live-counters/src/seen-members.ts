import type { Position } from './index.ts'
import type { KeySet } from './key-set.ts'

/** Number of (set, member) pairs that are remembered; a newer pair overwrites an older one. Two words each: 2 MiB for each partition. */
const SLOTS = 1 << 18

/**
 * Remembers which members a worker has already added to which unique sets of one partition. The same users send events again and again,
 * and adding them again would be most of Redis's work. A forgotten member is only sent once more.
 *
 * The table is valid as long as each apply begins at the position where the previous one ended. After a failure or a reset it is cleared.
 */
export class SeenMembers {
  private readonly table = new Uint32Array(2 * SLOTS)
  private reached: Position | null = null

  /** Must be called before an apply. Clears the table unless it begins where the last {@link settle | settled} apply ended. */
  begin(expected: Position | null): void {
    if (!this.reached || this.reached.offset !== expected?.offset || this.reached.windowStart !== expected.windowStart) this.table.fill(0)
    this.reached = null
  }

  /** Must be called after an apply that was confirmed. */
  settle(next: Position): void {
    this.reached = next
  }

  /** Returns, for each set (by key), the members not yet seen in it, as high and low words, and marks them as seen. */
  takeUnseen(keys: readonly string[], members: KeySet): readonly (readonly number[])[] {
    const { table } = this
    const count = keys.length
    const salts = Uint32Array.from(keys.flatMap(saltsOf))
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

/** The seen members of each partition, created at their first use. */
export function createSeenByPartition() {
  const byPartition = new Map<number, SeenMembers>()
  return {
    of(partition: number): SeenMembers {
      const seen = byPartition.get(partition) ?? new SeenMembers()
      byPartition.set(partition, seen)
      return seen
    },
    /** Forgets the members of some partitions. Default: all. */
    forget(partitions: Iterable<number> = byPartition.keys()): void {
      for (const partition of partitions) byPartition.delete(partition)
    },
  }
}

/** Two hashes of a key: FNV-1a with a final mix of the bits. */
function saltsOf(key: string): readonly [number, number] {
  let first = 0x811c9dc5
  let second = 0x01234567
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i)
    first = Math.imul(first ^ code, 0x01000193)
    second = Math.imul(second ^ code, 0x01000193)
  }
  return [spread(first), spread(second)]
}

function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return mixed ^ (mixed >>> 13)
}
