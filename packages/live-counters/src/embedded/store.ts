import { createHash } from 'node:crypto'
import { type Database, open, type RootDatabase } from 'lmdb'
import { type BucketKey, bucketExpiry, bucketSpan, RESOLUTIONS } from '../buckets.ts'
import { GROUP_LENGTH } from '../fields.ts'
import { HyperLogLog } from '../hyperloglog.ts'
import type { Position } from '../position.ts'

/** Resolution, start of the bucket, partition, and a group of fields or a unique set's field: in this order the oldest come first. */
type Key = [resolution: string, start: number, partition: number, name: string]

/** LMDB's keys are short; what is longer is known by its hash. */
const LONGEST_NAME = 200

/** The counters' tables, with what one transaction does in them. Reading methods and writing methods alike work at once. */
export class Store {
  readonly root: RootDatabase
  private readonly positions: Database<Position, number>
  /** A group's fields in one bucket: field, amount, field, amount … */
  private readonly groups: Database<(string | number)[], Key>
  /** HyperLogLog bytes. Mostly far from full, so they compress well. */
  private readonly sets: Database<Uint8Array, Key>

  constructor(folder: string) {
    this.root = open({ path: folder, maxDbs: 4 })
    this.positions = this.root.openDB({ name: 'positions' })
    this.groups = this.root.openDB({ name: 'groups' })
    this.sets = this.root.openDB({ name: 'sets', encoding: 'binary', compression: true })
  }

  position(partition: number): Position | null {
    return this.positions.get(partition) ?? null
  }

  setPosition(partition: number, position: Position): void {
    this.positions.putSync(partition, position)
  }

  add(partition: number, bucket: BucketKey, amounts: ReadonlyMap<string, number>): void {
    const groups = new Map<string, [string, number][]>()
    for (const [field, amount] of amounts) {
      const group = field.slice(0, GROUP_LENGTH)
      const there = groups.get(group)
      if (there) there.push([field, amount])
      else groups.set(group, [[field, amount]])
    }
    for (const [group, additions] of groups) {
      const key = keyOf(partition, bucket, group)
      const held = this.groups.get(key) ?? []
      const places = new Map<string, number>()
      for (let i = 0; i < held.length; i += 2) places.set(held[i] as string, i + 1)
      for (const [field, amount] of additions) {
        const place = places.get(field)
        if (place === undefined) held.push(field, amount)
        else held[place] = (held[place] as number) + amount
      }
      this.groups.putSync(key, held)
    }
  }

  /** @param members the high and the low word of each */
  addMembers(partition: number, bucket: BucketKey, field: string, members: readonly number[]): void {
    const sketch = new HyperLogLog()
    this.mergeUnique(partition, bucket, field, sketch)
    let changed = false
    for (let i = 0; i < members.length; i += 2) changed = sketch.add(members[i] as number, members[i + 1] as number) || changed
    if (changed) this.sets.putSync(keyOf(partition, bucket, field), sketch.toBytes())
  }

  /** Calls back with every field of the group in the bucket. */
  eachField(partition: number, bucket: BucketKey, group: string, visit: (field: string, amount: number) => void): void {
    const held = this.groups.get(keyOf(partition, bucket, group)) ?? []
    for (let i = 0; i < held.length; i += 2) visit(held[i] as string, held[i + 1] as number)
  }

  mergeUnique(partition: number, bucket: BucketKey, field: string, into: HyperLogLog): void {
    const bytes = this.sets.get(keyOf(partition, bucket, field))
    if (bytes) into.mergeBytes(bytes)
  }

  /** Removes buckets that have expired, at most so many entries of each table. */
  sweep(now: number, most: number): void {
    for (const table of [this.groups, this.sets]) {
      for (const { name } of RESOLUTIONS) {
        const keys: Key[] = []
        for (const key of table.getKeys({ start: [name] as unknown as Key, limit: most })) {
          if (key[0] !== name || bucketExpiry(`${name}:${key[1]}`) > now) break
          keys.push(key)
        }
        for (const key of keys) table.removeSync(key)
      }
    }
  }

  clear(): void {
    this.positions.clearSync()
    this.groups.clearSync()
    this.sets.clearSync()
  }
}

function keyOf(partition: number, bucket: BucketKey, name: string): Key {
  const resolution = bucket.slice(0, bucket.indexOf(':'))
  const short =
    name.length <= LONGEST_NAME ? name : `${name.slice(0, GROUP_LENGTH)}#${createHash('sha256').update(name).digest('base64url')}`
  return [resolution, bucketSpan(bucket).from, partition, short]
}
