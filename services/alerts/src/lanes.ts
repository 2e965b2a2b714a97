import type { Channel } from '@northstar/notifications'
import type { OutboxItem } from './documents.ts'

/** Maximum number of messages of one channel in flight. */
const MAX_IN_FLIGHT = 8

/** Messages that are delivered one after another: of a channel, its recipient and, where each alert is an incident, the alert. */
interface Lane {
  readonly name: string
  readonly channel: string
  readonly ids: string[]
}

/**
 * The order in which messages are sent. Of each lane only the oldest message is tried, so that the beginning of an alert arrives before
 * its end; of each channel a bounded number is in flight. Each operation costs the same however many messages are queued.
 */
export interface Lanes {
  /** Removes all messages; those in flight remain so. */
  clear(): void
  add(item: OutboxItem): void
  remove(item: OutboxItem): void
  /** Ids of the messages to send now; they are in flight until {@link land}. */
  acquire(now: number): readonly string[]
  /** The message is no longer in flight; it is tried again at its time if it is given. */
  land(id: string, again?: OutboxItem): void
  /** When the next waiting message may be tried; null when none waits. */
  readonly nextAt: number | null
}

/** @param nextAtOf when the message may be tried, epoch ms */
export function createLanes(channels: ReadonlyMap<string, Channel>, nextAtOf: (id: string) => number): Lanes {
  const lanes = new Map<string, Lane>()
  /** Lanes whose oldest message may be tried, by channel; and those that wait for a time. */
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
    land(id, again) {
      inFlight.delete(id)
      if (again) schedule(laneOf(again))
    },
    get nextAt() {
      return waiting.size === 0 ? null : [...waiting.values()].reduce((a, b) => Math.min(a, b))
    },
  }
}
