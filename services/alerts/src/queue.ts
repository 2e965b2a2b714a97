import type { Channel } from '@northstar/notifications'
import type { OutboxItem } from './documents.ts'
import { createLanes } from './lanes.ts'

/** A queued message with its number in the store. */
export interface Queued {
  readonly number: number
  readonly item: OutboxItem
}

export interface Queue {
  /** Replaces all messages by the stored ones; messages in flight remain so. */
  load(entries: readonly Queued[]): void
  /** Counts messages that are about to be stored, so that their groups are not removed. */
  announce(entries: readonly Queued[]): void
  /** Adds an announced message once it is stored. */
  add(entry: Queued): void
  has(id: string): boolean
  /** The messages to send now; they are in flight until {@link retry}, {@link remove} or {@link release}. */
  acquire(now: number): readonly Queued[]
  /** The message with this id; undefined when it is no longer queued. */
  get(id: string): Queued | undefined
  retry(entry: Queued): void
  remove(id: string): void
  /** Ends an attempt without changing the queue. */
  release(id: string): void
  /** Number of queued or announced messages of the group. */
  countOf(group: string): number
  /** When the next waiting message may be sent; null when none waits. */
  readonly nextAt: number | null
  readonly nextNumber: number
  readonly size: number
}

/** The queued messages, in memory. */
export function createQueue(channels: ReadonlyMap<string, Channel>): Queue {
  const entries = new Map<string, Queued>()
  const groups = new Map<string, number>()
  const lanes = createLanes(channels, id => entries.get(id)?.item.nextAt ?? 0)
  let nextNumber = 0

  const count = (group: string | undefined, by: number) => {
    if (group !== undefined) groups.set(group, (groups.get(group) ?? 0) + by)
  }

  function announce(announced: readonly Queued[]): void {
    for (const { item } of announced) count(item.step?.group, 1)
  }

  function add(entry: Queued): void {
    nextNumber = Math.max(nextNumber, entry.number + 1)
    entries.set(entry.item.id, entry)
    lanes.add(entry.item)
  }

  return {
    load(found) {
      entries.clear()
      groups.clear()
      lanes.clear()
      nextNumber = 0
      announce(found)
      for (const entry of found) add(entry)
    },
    announce,
    add,
    has: id => entries.has(id),
    get: id => entries.get(id),
    acquire: now => lanes.acquire(now).flatMap(id => entries.get(id) ?? []),
    retry(entry) {
      entries.set(entry.item.id, entry)
      lanes.settle(entry.item.id, entry.item)
    },
    remove(id) {
      const entry = entries.get(id)
      entries.delete(id)
      if (!entry) return lanes.settle(id)
      count(entry.item.step?.group, -1)
      lanes.remove(entry.item)
    },
    release: id => lanes.settle(id, entries.get(id)?.item),
    countOf: group => groups.get(group) ?? 0,
    get nextAt() {
      return lanes.nextAt
    },
    get nextNumber() {
      return nextNumber
    },
    get size() {
      return entries.size
    },
  }
}
