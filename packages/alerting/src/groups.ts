import type { Labels } from './labels.ts'
import { makeNotification, type Notification } from './notification.ts'
import type { Destination } from './routing.ts'
import type { Alert } from './rule-state.ts'

/** Alerts that are told together. Plain JSON, times epoch ms. */
export interface GroupState {
  readonly key: string
  readonly labels: Labels
  readonly createdAt: number
  /** How many notifications it has made. */
  readonly seq: number
  /** By fingerprint: those that fire, and those that ended and whose end is still to be told. */
  readonly alerts: Readonly<Record<string, Alert>>
  /** By receiver: the fingerprints that it has been told fire, and when first. */
  readonly told: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Fingerprints whose acknowledgement has been told. */
  readonly acknowledged: readonly string[]
  /** When the destination's own receiver was last told anything. */
  readonly lastSentAt: number | null
}

export interface GroupWorld {
  readonly now: number
  /** Silenced, inhibited, or in a muted time. */
  readonly isMuted: (alert: Alert) => boolean
  /** Who took the alert on, or null. */
  readonly acknowledgedBy: (alert: Alert) => string | null
}

export interface GroupStep {
  /** Null when nothing is left to tell. The same object where nothing changed. */
  readonly group: GroupState | null
  readonly notifications: readonly Notification[]
}

const isUrgent = (alert: Alert) => alert.severity === 'P0'

export function openGroup(key: string, labels: Labels, now: number): GroupState {
  return {
    key,
    labels,
    createdAt: now,
    seq: 0,
    alerts: {},
    told: {},
    acknowledged: [],
    lastSentAt: null,
  }
}

/**
 * Moves a group on: takes in what fires now, and tells what is due. What begins waits for `group_wait`, then for the
 * `group_interval`; a P0 waits for nobody; an end is told at once to all who heard of the beginning, muted or not.
 * @param firing this group's firing alerts, by fingerprint
 * @param ended resolved alerts by fingerprint, to know the ends of those that fire no more
 */
export function advanceGroup(
  before: GroupState,
  destination: Destination,
  firing: ReadonlyMap<string, Alert>,
  ended: ReadonlyMap<string, Alert>,
  world: GroupWorld,
): GroupStep {
  const { now } = world
  const notifications: Notification[] = []
  let group = withAlerts(before, firing, ended, now)
  const emit = (given: Parameters<typeof makeNotification>[1]) => {
    notifications.push(makeNotification(group, given))
    group = { ...group, seq: group.seq + 1 }
  }
  // The state keeps alerts as they began; what is told has today's values.
  const everyone = Object.values(group.alerts).map(alert => (alert.endsAt === null ? (firing.get(alert.fingerprint) ?? alert) : alert))
  const resolved = everyone.filter(alert => alert.endsAt !== null)
  const muted = new Map<string, boolean>()
  const isMuted = (alert: Alert) => {
    let answer = muted.get(alert.fingerprint)
    if (answer === undefined) {
      answer = world.isMuted(alert)
      muted.set(alert.fingerprint, answer)
    }
    return answer
  }
  const toldTo = (receiver: string, alert: Alert) => group.told[receiver]?.[alert.fingerprint]
  const { receiver } = destination
  const isNew = (alert: Alert) => alert.endsAt === null && toldTo(receiver, alert) === undefined && !isMuted(alert)

  const due = now >= flushAt(group, destination)
  const repeatDue = group.lastSentAt !== null && now - group.lastSentAt >= destination.repeatInterval
  const urgent = everyone.some(alert => isUrgent(alert) && isNew(alert))
  const endTold = resolved.some(alert => Object.keys(group.told).some(name => toldTo(name, alert) !== undefined))
  if (due || urgent || endTold || repeatDue) {
    const fresh = everyone.filter(isNew)
    const active = everyone.filter(alert => alert.endsAt === null && !isMuted(alert))
    const unacknowledged = active.some(alert => world.acknowledgedBy(alert) === null)
    const repeat = repeatDue && unacknowledged
    for (const name of new Set([receiver, ...Object.keys(group.told)])) {
      const ends = resolved.filter(alert => toldTo(name, alert) !== undefined)
      const begins = name === receiver ? fresh : []
      if (ends.length === 0 && begins.length === 0 && !(repeat && name === receiver)) continue
      const still = active.filter(alert => name === receiver || toldTo(name, alert) !== undefined)
      const reason = begins.length > 0 ? 'new' : ends.length > 0 ? 'resolved' : 'repeat'
      emit({ kind: 'alerts', reason, receiver: name, alerts: [...still, ...ends], createdAt: now })
      group = { ...tell(group, name, still, now), lastSentAt: name === receiver ? now : group.lastSentAt }
    }
    group = withoutAlerts(group, resolved)
  }

  for (const step of destination.escalate) {
    const unheard = Object.values(group.alerts).filter(alert => {
      const first = toldTo(receiver, alert)
      return (
        alert.endsAt === null &&
        first !== undefined &&
        now - first >= step.after &&
        toldTo(step.receiver, alert) === undefined &&
        world.acknowledgedBy(alert) === null &&
        !isMuted(alert)
      )
    })
    if (unheard.length === 0) continue
    emit({ kind: 'alerts', reason: 'escalation', receiver: step.receiver, alerts: unheard, createdAt: now })
    group = tell(group, step.receiver, unheard, now)
  }

  const taken = Object.values(group.alerts).filter(
    alert => alert.endsAt === null && !group.acknowledged.includes(alert.fingerprint) && world.acknowledgedBy(alert) !== null,
  )
  if (taken.length > 0) {
    for (const name of Object.keys(group.told)) {
      const heard = taken.filter(alert => toldTo(name, alert) !== undefined)
      const by = heard[0] && world.acknowledgedBy(heard[0])
      if (by) emit({ kind: 'acknowledged', reason: 'acknowledged', receiver: name, alerts: heard, acknowledgedBy: by, createdAt: now })
    }
    group = { ...group, acknowledged: [...group.acknowledged, ...taken.map(alert => alert.fingerprint)] }
  }
  return { group: Object.keys(group.alerts).length === 0 ? null : group, notifications }
}

/** When the group may next tell of beginnings. */
function flushAt(group: GroupState, destination: Destination): number {
  return group.lastSentAt === null ? group.createdAt + destination.groupWait : group.lastSentAt + destination.groupInterval
}

/** When the group must be looked at again although nothing happens; null when there is no such time. */
export function nextGroupTime(group: GroupState, destination: Destination, now: number): number | null {
  const told = group.told[destination.receiver] ?? {}
  const times: number[] = []
  if (Object.keys(group.alerts).some(fingerprint => told[fingerprint] === undefined)) times.push(flushAt(group, destination))
  if (group.lastSentAt !== null) times.push(group.lastSentAt + destination.repeatInterval)
  for (const step of destination.escalate)
    for (const [fingerprint, at] of Object.entries(told))
      if (group.told[step.receiver]?.[fingerprint] === undefined && !group.acknowledged.includes(fingerprint)) times.push(at + step.after)
  const coming = times.filter(time => time > now)
  return coming.length > 0 ? Math.min(...coming) : null
}

function withAlerts(group: GroupState, firing: ReadonlyMap<string, Alert>, ended: ReadonlyMap<string, Alert>, now: number): GroupState {
  const alerts: Record<string, Alert> = {}
  let { acknowledged, told } = group
  for (const [fingerprint, alert] of Object.entries(group.alerts)) {
    const current = firing.get(fingerprint)
    // The same labels firing anew is another alert: the end of the first is told before.
    if (current && current.startsAt === alert.startsAt && alert.endsAt === null) alerts[fingerprint] = alert
    else if (alert.endsAt !== null) alerts[fingerprint] = alert
    else {
      const end = ended.get(fingerprint)
      alerts[fingerprint] = end && end.startsAt === alert.startsAt ? end : { ...alert, endsAt: current?.startsAt ?? now }
      acknowledged = acknowledged.filter(one => one !== fingerprint)
    }
  }
  for (const [fingerprint, alert] of firing) {
    alerts[fingerprint] ??= alert
  }
  // An end that nobody heard the beginning of is not told.
  for (const [fingerprint, alert] of Object.entries(alerts)) {
    if (alert.endsAt !== null && !Object.values(told).some(heard => fingerprint in heard)) delete alerts[fingerprint]
  }
  told = Object.fromEntries(Object.entries(told).filter(([, heard]) => Object.keys(heard).length > 0))
  return { ...group, alerts, acknowledged, told }
}

function tell(group: GroupState, receiver: string, alerts: readonly Alert[], now: number): GroupState {
  const before = group.told[receiver] ?? {}
  const heard = Object.fromEntries(alerts.map(alert => [alert.fingerprint, before[alert.fingerprint] ?? now]))
  return { ...group, told: { ...group.told, [receiver]: { ...before, ...heard } } }
}

function withoutAlerts(group: GroupState, gone: readonly Alert[]): GroupState {
  const names = new Set(gone.map(alert => alert.fingerprint))
  const keep = <T>(record: Readonly<Record<string, T>>) => Object.fromEntries(Object.entries(record).filter(([name]) => !names.has(name)))
  return {
    ...group,
    alerts: keep(group.alerts),
    told: Object.fromEntries(Object.entries(group.told).map(([receiver, heard]) => [receiver, keep(heard)])),
  }
}
