import type { Channel } from '@northstar/notifications'
import type { OutboxItem } from './documents.ts'

/** Maximum number of messages of one channel in flight. */
const MAX_IN_FLIGHT = 8

/** Messages that are delivered in order: those of a channel, a recipient and, if each alert is an incident there, an alert. */
interface Lane {
  readonly name: string
  readonly channel: string
  readonly ids: string[]
}

/**
 * The order in which messages are sent. Only the oldest message of a lane is sent, so that the beginning of an alert arrives before its
 * end, and only a bounded number of a channel is in flight. The cost of an operation does not depend on the number of queued messages.
 */
export interface Lanes {
  /** Removes all messages; those in flight remain so. */
  clear(): void
  add(item: OutboxItem): void
  remove(item: OutboxItem): void
  /** Ids of the messages to send now; they are in flight until {@link settle}. */
  acquire(now: number): readonly string[]
  /** Ends an attempt; with `again` the message is retried at its time. */
  settle(id: string, again?: OutboxItem): void
  /** When the next waiting message may be sent; null when none waits. */
  readonly nextAt: number | null
}

/** @param nextAtOf when the message may be sent, epoch ms */
export function createLanes(channels: ReadonlyMap<string, Channel>, nextAtOf: (id: string) => number): Lanes {
  const lanes = new Map<string, Lane>()
  /** Lanes whose oldest message may be sent, by channel, and lanes that wait for a time. */
  const ready = new Map<string, Set<Lane>>()
  const waiting = new Map<Lane, number>()
  const inFlight = new Map<string, string>()

  function laneOf({ channel, recipient = '', notification }: OutboxItem): Lane {
    const incident = channels.get(channel)?.unit === 'alert' ? (notification.alerts[0]?.fingerprint ?? '') : ''
    const name = JSON.stringify([channel, recipient, incident])
    const lane = lanes.get(name) ?? { name, channel, ids: [] }
    lanes.set(name, lane)
    return lane
  }

  /** Assigns the lane to the state of its oldest message: waiting, in flight or none. */
  function schedule(lane: Lane): void {
    waiting.delete(lane)
    const readyLanes = ready.get(lane.channel) ?? new Set()
    ready.set(lane.channel, readyLanes)
    readyLanes.delete(lane)
    const [oldest] = lane.ids
    if (oldest === undefined) lanes.delete(lane.name)
    else if (!inFlight.has(oldest)) waiting.set(lane, nextAtOf(oldest))
  }

  return {
    clear() {
      for (const map of [lanes, ready, waiting]) map.clear()
    },
    add(item) {
      const lane = laneOf(item)
      lane.ids.push(item.id)
      if (lane.ids.length === 1) schedule(lane)
    },
    remove(item) {
      inFlight.delete(item.id)
      const lane = laneOf(item)
      lane.ids.splice(lane.ids.indexOf(item.id), 1)
      schedule(lane)
    },
    acquire(now) {
      for (const [lane, at] of waiting) {
        if (at > now) continue
        waiting.delete(lane)
        ready.get(lane.channel)?.add(lane)
      }
      const busy = new Map<string, number>()
      for (const channel of inFlight.values()) busy.set(channel, (busy.get(channel) ?? 0) + 1)
      const acquired: string[] = []
      for (const [channel, readyLanes] of ready) {
        let free = MAX_IN_FLIGHT - (busy.get(channel) ?? 0)
        for (const lane of readyLanes) {
          if (free-- <= 0) break
          readyLanes.delete(lane)
          const [oldest] = lane.ids
          if (oldest === undefined) continue
          inFlight.set(oldest, channel)
          acquired.push(oldest)
        }
      }
      return acquired
    },
    settle(id, again) {
      inFlight.delete(id)
      if (again) schedule(laneOf(again))
    },
    get nextAt() {
      return waiting.size === 0 ? null : [...waiting.values()].reduce((a, b) => Math.min(a, b))
    },
  }
}
