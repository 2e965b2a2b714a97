import type { Channel } from '@northstar/notifications'
import type { OutboxItem } from './documents.ts'

/** How many messages of one channel are on their way at a time. */
const IN_FLIGHT_MOST = 8

/** A queued message with its place in the store. */
export interface Queued {
  readonly number: number
  readonly item: OutboxItem
}

export interface Queue {
  /** Replaces everything by what the store has; messages on their way stay so. */
  load(entries: readonly Queued[]): void
  /** Messages that are being stored: until they are added and have ended, their groups have messages left. */
  announce(entries: readonly Queued[]): void
  /** Adds an announced message, which is stored. */
  add(entry: Queued): void
  has(id: string): boolean
  /** The messages to send now; they count as on their way until {@link retry} or {@link remove}. */
  take(now: number): readonly Queued[]
  /** The message with this id, or undefined where it is no longer queued. */
  get(id: string): Queued | undefined
  retry(entry: Queued): void
  remove(id: string): void
  /** Ends a message's way without a change of the queue. */
  landed(id: string): void
  /** How many messages of the group are queued or announced. */
  countOf(group: string): number
  /** When the next message that waits may be tried; null where none waits. */
  readonly nextAt: number | null
  readonly nextNumber: number
  readonly size: number
}

/** Messages that are delivered one after another: of a channel, its recipient and, where each alert is an incident, the alert. */
interface Lane {
  readonly name: string
  readonly channel: string
  readonly ids: string[]
}

/**
 * The messages to the channels, in memory. Of each lane only the oldest is tried, so that the beginning of an alert arrives before its
 * end; of each channel a bounded number is on its way. Adding, taking and removing cost the same however many are queued.
 */
export function createQueue(channels: ReadonlyMap<string, Channel>): Queue {
  const entries = new Map<string, Queued>()
  const lanes = new Map<string, Lane>()
  /** Lanes whose oldest message may be tried, by channel; and those that wait for a time. */
  const ready = new Map<string, Set<Lane>>()
  const waiting = new Map<Lane, number>()
  const inFlight = new Map<string, string>()
  const groups = new Map<string, number>()
  let nextNumber = 0

  function laneOf({ channel, recipient = '', notification }: OutboxItem): Lane {
    const incident = channels.get(channel)?.unit === 'alert' ? (notification.alerts[0]?.fingerprint ?? '') : ''
    const name = JSON.stringify([channel, recipient, incident])
    const lane = lanes.get(name) ?? { name, channel, ids: [] }
    lanes.set(name, lane)
    return lane
  }

  /** Puts a lane where its oldest message belongs. */
  function place(lane: Lane): void {
    waiting.delete(lane)
    const readyLanes = ready.get(lane.channel) ?? new Set()
    ready.set(lane.channel, readyLanes)
    readyLanes.delete(lane)
    const [oldest] = lane.ids
    if (oldest === undefined) lanes.delete(lane.name)
    else if (!inFlight.has(oldest)) waiting.set(lane, entries.get(oldest)?.item.nextAt ?? 0)
  }

  const count = (group: string | undefined, by: number) => {
    if (group !== undefined) groups.set(group, (groups.get(group) ?? 0) + by)
  }

  function announce(announced: readonly Queued[]): void {
    for (const { item } of announced) count(item.step?.group, 1)
  }

  function add(entry: Queued): void {
    const { id } = entry.item
    nextNumber = Math.max(nextNumber, entry.number + 1)
    entries.set(id, entry)
    const lane = laneOf(entry.item)
    lane.ids.push(id)
    if (lane.ids.length === 1) place(lane)
  }

  return {
    load(found) {
      for (const map of [entries, lanes, ready, waiting, groups]) map.clear()
      nextNumber = 0
      announce(found)
      for (const entry of found) add(entry)
    },
    announce,
    add,
    has: id => entries.has(id),
    get: id => entries.get(id),
    take(now) {
      for (const [lane, at] of waiting) {
        if (at > now) continue
        waiting.delete(lane)
        ready.get(lane.channel)?.add(lane)
      }
      const busy = new Map<string, number>()
      for (const channel of inFlight.values()) busy.set(channel, (busy.get(channel) ?? 0) + 1)
      return [...ready].flatMap(([channel, readyLanes]) => {
        const free = IN_FLIGHT_MOST - (busy.get(channel) ?? 0)
        const taken: Queued[] = []
        for (const lane of readyLanes) {
          if (taken.length >= free) break
          readyLanes.delete(lane)
          const entry = entries.get(lane.ids[0] ?? '')
          if (!entry) continue
          inFlight.set(entry.item.id, channel)
          taken.push(entry)
        }
        return taken
      })
    },
    retry(entry) {
      inFlight.delete(entry.item.id)
      entries.set(entry.item.id, entry)
      place(laneOf(entry.item))
    },
    remove(id) {
      inFlight.delete(id)
      const entry = entries.get(id)
      if (!entry) return
      entries.delete(id)
      count(entry.item.step?.group, -1)
      const lane = laneOf(entry.item)
      lane.ids.splice(lane.ids.indexOf(id), 1)
      place(lane)
    },
    landed(id) {
      inFlight.delete(id)
      const entry = entries.get(id)
      if (entry) place(laneOf(entry.item))
    },
    countOf: group => groups.get(group) ?? 0,
    get nextAt() {
      return waiting.size === 0 ? null : [...waiting.values()].reduce((a, b) => Math.min(a, b))
    },
    get nextNumber() {
      return nextNumber
    },
    get size() {
      return entries.size
    },
  }
}
