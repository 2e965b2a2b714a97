import { createHash } from 'node:crypto'
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, open, type RootDatabase } from 'lmdb'
import { type BucketKey, bucketExpiry, bucketSpan, RESOLUTIONS } from '../buckets.ts'
import { GROUP_LENGTH } from '../fields.ts'
import { HyperLogLog } from '../hyperloglog.ts'
import type { Position } from '../position.ts'

/** Resolution, start of the bucket, partition, and a group of fields or a unique set's field. In this order the oldest buckets are first. */
type Key = [resolution: string, start: number, partition: number, name: string]

/** Maximum length of a name, since LMDB's keys are short. Longer ones are replaced by a hash. */
const MAX_NAME_LENGTH = 200
/** Sets kept in memory, at most 16 KiB each. */
const MAX_CACHED = 512
/** The prefix of the names of sets' recent parts. No field begins with it. */
const RECENT = '+'
/** Maximum number of registers of a recent part, so that a batch with few additions does not rewrite a set of thousands. */
const MAX_RECENT = 128

const DATA_FILE = 'data.mdb'
/** The folder of a successor. One that a crash left behind is removed at opening. */
const DRAFT = 'successor'

interface UniqueSet {
  readonly all: HyperLogLog
  recent: HyperLogLog
}

/** The counters' tables and the operations of a transaction. All methods are synchronous, except {@link Store.without}. */
export class Store {
  readonly root: RootDatabase
  private readonly folder: string
  private readonly positions: Database<Position, number>
  /** A group's fields in one bucket: field, amount, field, amount … */
  private readonly groups: Database<(string | number)[], Key>
  /** HyperLogLog bytes, compressed: most are nearly empty. */
  private readonly sets: Database<Uint8Array, Key>

  /** The sets with the latest additions, including those of the running transaction: each batch changes the same ones. */
  private readonly cached = new Map<string, UniqueSet>()

  /** @param finalFolder the folder that a draft's file is moved to */
  constructor(folder: string, finalFolder = folder) {
    this.folder = finalFolder
    if (finalFolder === folder) rmSync(join(folder, DRAFT), { recursive: true, force: true })
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
      const present = groups.get(group)
      if (present) present.push([field, amount])
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
    const set = this.setOf(partition, bucket, field)
    let changed = false
    for (let i = 0; i < members.length; i += 2) {
      const [high, low] = [members[i] as number, members[i + 1] as number]
      if (!set.all.add(high, low)) continue
      set.recent.add(high, low)
      changed = true
    }
    if (!changed) return
    const recentKey = keyOf(partition, bucket, RECENT + field)
    if (set.recent.used <= MAX_RECENT) {
      this.sets.putSync(recentKey, set.recent.toBytes())
      return
    }
    this.sets.putSync(keyOf(partition, bucket, field), set.all.toBytes())
    this.sets.removeSync(recentKey)
    set.recent = new HyperLogLog()
  }

  private setOf(partition: number, bucket: BucketKey, field: string): UniqueSet {
    const name = `${partition} ${bucket} ${field}`
    const held = this.cached.get(name)
    const set = held ?? { all: new HyperLogLog(), recent: new HyperLogLog() }
    if (held) this.cached.delete(name)
    else {
      this.mergeUnique(partition, bucket, field, set.all)
      set.recent.mergeBytes(this.sets.get(keyOf(partition, bucket, RECENT + field)) ?? new Uint8Array(0))
    }
    this.cached.set(name, set)
    const [oldest] = this.cached.keys()
    if (this.cached.size > MAX_CACHED && oldest !== undefined) this.cached.delete(oldest)
    return set
  }

  /** Must be called if written data may be missing. */
  forgetCached(): void {
    this.cached.clear()
  }

  /** Calls `visit` with every field of the group in the bucket. */
  eachField(partition: number, bucket: BucketKey, group: string, visit: (field: string, amount: number) => void): void {
    const held = this.groups.get(keyOf(partition, bucket, group)) ?? []
    for (let i = 0; i < held.length; i += 2) visit(held[i] as string, held[i + 1] as number)
  }

  mergeUnique(partition: number, bucket: BucketKey, field: string, into: HyperLogLog): void {
    for (const name of [field, RECENT + field]) {
      const bytes = this.sets.get(keyOf(partition, bucket, name))
      if (bytes) into.mergeBytes(bytes)
    }
  }

  /** Removes expired buckets, at most `limit` entries of each table. */
  sweep(now: number, limit: number): void {
    for (const table of [this.groups, this.sets]) {
      for (const { name } of RESOLUTIONS) {
        const keys: Key[] = []
        for (const key of table.getKeys({ start: [name] as unknown as Key, limit })) {
          if (key[0] !== name || bucketExpiry(`${name}:${key[1]}`) > now) break
          keys.push(key)
        }
        for (const key of keys) table.removeSync(key)
      }
    }
  }

  /**
   * Replaces the file by a copy without some partitions, so that none of their data remains, and returns the store of the copy. Nothing may be
   * written meanwhile. This store is closed.
   */
  async without(partitions: ReadonlySet<number>): Promise<Store> {
    const draft = join(this.folder, DRAFT)
    rmSync(draft, { recursive: true, force: true })
    const next = new Store(draft, this.folder)
    for (const { key, value } of this.positions.getRange()) if (!partitions.has(key)) void next.positions.put(key, value)
    for (const { key, value } of this.groups.getRange()) if (!partitions.has(key[2])) void next.groups.put(key, value)
    for (const { key, value } of this.sets.getRange()) if (!partitions.has(key[2])) void next.sets.put(key, value)
    await next.root.flushed
    // An open file can be renamed.
    renameSync(join(draft, DATA_FILE), join(this.folder, DATA_FILE))
    await this.root.close()
    return next
  }

  clear(): void {
    this.forgetCached()
    this.positions.clearSync()
    this.groups.clearSync()
    this.sets.clearSync()
  }
}

function keyOf(partition: number, bucket: BucketKey, name: string): Key {
  const resolution = bucket.slice(0, bucket.indexOf(':'))
  const short =
    name.length <= MAX_NAME_LENGTH ? name : `${name.slice(0, GROUP_LENGTH)}#${createHash('sha256').update(name).digest('base64url')}`
  return [resolution, bucketSpan(bucket).from, partition, short]
}
