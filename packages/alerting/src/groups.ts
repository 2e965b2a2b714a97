import type { Labels } from './labels.ts'
import { makeNotification, type Notification } from './notification.ts'
import type { Destination } from './routing.ts'
import type { Alert } from './rule-state.ts'

/** Alerts that are notified together. Plain JSON, times epoch ms. */
export interface GroupState {
  readonly key: string
  readonly labels: Labels
  readonly createdAt: number
  /** Number of notifications so far. */
  readonly seq: number
  /** By fingerprint: firing alerts, and resolved ones whose end has not been notified. */
  readonly alerts: Readonly<Record<string, Alert>>
  /** By receiver and fingerprint: time of the first notification, or of that about a value that got worse after an acknowledgement. */
  readonly notified: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Fingerprints whose acknowledgement has been notified. */
  readonly acknowledged: readonly string[]
  /** Time of the last notification of the destination's own receiver. */
  readonly lastSentAt: number | null
}

export interface GroupSnapshot {
  readonly now: number
  /** Whether the alert is silenced, inhibited, or in a mute time. */
  readonly isMuted: (alert: Alert) => boolean
  /** The person whose acknowledgement of the alert holds, or null. */
  readonly acknowledgedBy: (alert: Alert) => string | null
  /** Time of the acknowledgement since which the alert has got worse, or null. */
  readonly worseSince: (alert: Alert) => number | null
  /** Whether a channel of the receiver is on. */
  readonly isReachable: (receiver: string) => boolean
}

export interface GroupStep {
  /** Null if nothing is left to notify; the same object if nothing changed. */
  readonly group: GroupState | null
  readonly notifications: readonly Notification[]
}

/** In a larger group, P0 alerts that begin in quick succession share notifications. */
const LARGE_GROUP = 100
const LARGE_GROUP_PAUSE_MS = 5_000

export function openGroup(key: string, labels: Labels, now: number): GroupState {
  return { key, labels, createdAt: now, seq: 0, alerts: {}, notified: {}, acknowledged: [], lastSentAt: null }
}

/** The state of a group while it is advanced. */
interface Progress {
  group: GroupState
  readonly destination: Destination
  readonly snapshot: GroupSnapshot
  readonly notifications: Notification[]
}

/**
 * Advances a group: adds firing alerts, and sends due notifications. A new alert waits for `group_wait`, then for `group_interval`; a P0 does not
 * wait; an end is notified at once to every receiver of the beginning, muted or not. An alert of an unreachable receiver stays new to it.
 * @param firing this group's firing alerts, by fingerprint
 * @param ended resolved alerts by fingerprint
 */
export function advanceGroup(
  before: GroupState,
  destination: Destination,
  firing: ReadonlyMap<string, Alert>,
  ended: ReadonlyMap<string, Alert>,
  snapshot: GroupSnapshot,
): GroupStep {
  const muted = new Map<string, boolean>()
  const isMuted = (alert: Alert) => {
    const known = muted.get(alert.fingerprint) ?? snapshot.isMuted(alert)
    muted.set(alert.fingerprint, known)
    return known
  }
  const progress: Progress = {
    group: withAlerts(withoutFutureTimes(before, snapshot.now), firing, ended, snapshot.now),
    destination,
    snapshot: { ...snapshot, isMuted },
    notifications: [],
  }
  notifyChanges(progress, firing)
  escalate(progress)
  notifyAcknowledgements(progress)
  const { group, notifications } = progress
  return { group: Object.keys(group.alerts).length === 0 ? null : group, notifications }
}

const notifiedAt = (group: GroupState, receiver: string, alert: Alert) => group.notified[receiver]?.[alert.fingerprint]

function emit(progress: Progress, given: Parameters<typeof makeNotification>[1]): void {
  progress.notifications.push(makeNotification(progress.group, given))
  progress.group = { ...progress.group, seq: progress.group.seq + 1 }
}

/** Notifies of beginnings, ends and repeats. */
function notifyChanges(progress: Progress, firing: ReadonlyMap<string, Alert>): void {
  const { destination, snapshot } = progress
  const { now, isMuted, isReachable } = snapshot
  const { receiver } = destination
  // The state has the alerts as they began; notifications need current values.
  const current = Object.values(progress.group.alerts).map(alert =>
    alert.endsAt === null ? (firing.get(alert.fingerprint) ?? alert) : alert,
  )
  const isWorse = (alert: Alert) => {
    const since = snapshot.worseSince(alert)
    return since !== null && (notifiedAt(progress.group, receiver, alert) ?? Number.POSITIVE_INFINITY) <= since
  }
  const isNew = (alert: Alert) =>
    alert.endsAt === null && (notifiedAt(progress.group, receiver, alert) === undefined || isWorse(alert)) && !isMuted(alert)

  const resolved = current.filter(alert => alert.endsAt !== null)
  const due = now >= flushAt(progress.group, destination, now)
  const repeatDue = progress.group.lastSentAt !== null && now - progress.group.lastSentAt >= destination.repeatInterval
  const urgent = now >= urgentAt(progress.group) && current.some(alert => alert.severity === 'P0' && isNew(alert))
  if (!due && !urgent && !repeatDue && resolved.length === 0) return
  const fresh = current.filter(isNew)
  const active = current.filter(alert => alert.endsAt === null && !isMuted(alert))
  const repeat = repeatDue && active.some(alert => snapshot.acknowledgedBy(alert) === null)
  for (const name of new Set([receiver, ...Object.keys(progress.group.notified)])) {
    const ends = resolved.filter(alert => notifiedAt(progress.group, name, alert) !== undefined)
    const isOwn = name === receiver && isReachable(name)
    const begins = isOwn ? fresh : []
    const repeats = repeat && isOwn
    if (ends.length === 0 && begins.length === 0 && !repeats) continue
    const still = active.filter(alert => name === receiver || notifiedAt(progress.group, name, alert) !== undefined)
    const alerts = [...still, ...ends]
    const changed = repeats ? alerts : [...begins, ...ends]
    const reason = begins.length > 0 ? (begins.every(isWorse) ? 'worse' : 'new') : ends.length > 0 ? 'resolved' : 'repeat'
    emit(progress, { kind: 'alerts', reason, receiver: name, alerts, changed, createdAt: now })
    markNotified(progress, name, still, begins)
    if (name === receiver) progress.group = { ...progress.group, lastSentAt: now }
  }
  progress.group = withoutAlerts(progress.group, resolved)
}

/** Notifies further receivers of alerts that were not acknowledged in time. */
function escalate(progress: Progress): void {
  const { destination, snapshot } = progress
  const { now, isReachable } = snapshot
  for (const step of destination.escalate) {
    if (!isReachable(step.receiver)) continue
    const unacknowledged = Object.values(progress.group.alerts).filter(alert => {
      const first = escalatesFrom(progress.group, destination, alert, isReachable)
      return (
        alert.endsAt === null &&
        first !== undefined &&
        now - first >= step.after &&
        notifiedAt(progress.group, step.receiver, alert) === undefined &&
        snapshot.acknowledgedBy(alert) === null &&
        !snapshot.isMuted(alert)
      )
    })
    if (unacknowledged.length === 0) continue
    emit(progress, { kind: 'alerts', reason: 'escalation', receiver: step.receiver, alerts: unacknowledged, createdAt: now })
    markNotified(progress, step.receiver, unacknowledged, [])
  }
}

/** The time from which an escalation counts: the first notification or, where nobody could be notified, the beginning. */
function escalatesFrom(
  group: GroupState,
  { receiver }: Destination,
  alert: Alert,
  isReachable: GroupSnapshot['isReachable'],
): number | undefined {
  return notifiedAt(group, receiver, alert) ?? (isReachable(receiver) ? undefined : alert.startsAt)
}

function notifyAcknowledgements(progress: Progress): void {
  const { acknowledgedBy, now } = progress.snapshot
  const known = new Set(progress.group.acknowledged)
  const newly = Object.values(progress.group.alerts).filter(
    alert => alert.endsAt === null && !known.has(alert.fingerprint) && acknowledgedBy(alert) !== null,
  )
  if (newly.length === 0) return
  for (const name of Object.keys(progress.group.notified)) {
    const alerts = newly.filter(alert => notifiedAt(progress.group, name, alert) !== undefined)
    const by = alerts[0] && acknowledgedBy(alerts[0])
    if (by) {
      emit(progress, { kind: 'acknowledged', reason: 'acknowledged', receiver: name, alerts, acknowledgedBy: by, createdAt: now })
    }
  }
  const acknowledged = [...progress.group.acknowledged, ...newly.map(alert => alert.fingerprint)]
  progress.group = { ...progress.group, acknowledged }
}

/** The group with sending times in the future, from a clock that was ahead, set to now: otherwise a pause would last longer than configured. */
function withoutFutureTimes(group: GroupState, now: number): GroupState {
  if (group.lastSentAt === null || group.lastSentAt <= now) return group
  const past = (times: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(times).map(([fingerprint, at]) => [fingerprint, Math.min(at, now)]))
  const notified = Object.fromEntries(Object.entries(group.notified).map(([receiver, times]) => [receiver, past(times)]))
  return { ...group, lastSentAt: now, notified }
}

/** The earliest time of the next notification of new alerts. */
function flushAt(group: GroupState, destination: Destination, now: number): number {
  if (group.lastSentAt !== null) return group.lastSentAt + destination.groupInterval
  return group.createdAt > now ? now : group.createdAt + destination.groupWait
}

/** The earliest time of the next notification of a P0: at once, except in a large group. */
function urgentAt(group: GroupState): number {
  const isLarge = Object.keys(group.alerts).length > LARGE_GROUP
  return isLarge && group.lastSentAt !== null ? group.lastSentAt + LARGE_GROUP_PAUSE_MS : 0
}

/** The time at which the group must be advanced again if nothing else happens, or null. */
export function nextGroupTime(
  group: GroupState,
  destination: Destination,
  { now, isReachable }: Pick<GroupSnapshot, 'now' | 'isReachable'>,
): number | null {
  const notified = group.notified[destination.receiver] ?? {}
  const known = new Set(group.acknowledged)
  let next = Number.POSITIVE_INFINITY
  const consider = (time: number) => {
    if (time > now && time < next) next = time
  }
  if (Object.keys(group.alerts).some(fingerprint => notified[fingerprint] === undefined)) {
    consider(flushAt(group, destination, now))
    consider(urgentAt(group))
  }
  if (group.lastSentAt !== null) consider(group.lastSentAt + destination.repeatInterval)
  for (const step of destination.escalate)
    for (const alert of Object.values(group.alerts)) {
      const from = escalatesFrom(group, destination, alert, isReachable)
      if (from === undefined || notifiedAt(group, step.receiver, alert) !== undefined || known.has(alert.fingerprint)) continue
      consider(from + step.after)
    }
  return next === Number.POSITIVE_INFINITY ? null : next
}

/** The group with its firing and resolved alerts; the same object if nothing changed. */
function withAlerts(group: GroupState, firing: ReadonlyMap<string, Alert>, ended: ReadonlyMap<string, Alert>, now: number): GroupState {
  const alerts: Record<string, Alert> = {}
  const over = new Set<string>()
  const wasNotified = (fingerprint: string) => Object.values(group.notified).some(times => fingerprint in times)
  let changed = false
  for (const [fingerprint, alert] of Object.entries(group.alerts)) {
    const current = firing.get(fingerprint)
    // Equal labels that fire again are another alert: the end of the first one is notified before.
    if (alert.endsAt !== null || current?.startsAt === alert.startsAt) {
      alerts[fingerprint] = alert
      continue
    }
    changed = true
    over.add(fingerprint)
    const end = ended.get(fingerprint)
    // An end whose beginning was not notified is dropped.
    if (!wasNotified(fingerprint)) continue
    alerts[fingerprint] = end?.startsAt === alert.startsAt ? end : { ...alert, endsAt: current?.startsAt ?? now }
  }
  for (const [fingerprint, alert] of firing) {
    if (alerts[fingerprint]) continue
    changed = true
    alerts[fingerprint] = alert
  }
  return changed ? { ...group, alerts, acknowledged: group.acknowledged.filter(fingerprint => !over.has(fingerprint)) } : group
}

/** @param begins the alerts that are new to the receiver */
function markNotified(progress: Progress, receiver: string, alerts: readonly Alert[], begins: readonly Alert[]): void {
  const { group, snapshot } = progress
  const before = group.notified[receiver] ?? {}
  const times = Object.fromEntries(alerts.map(alert => [alert.fingerprint, before[alert.fingerprint] ?? snapshot.now]))
  // Later than the acknowledgement that no longer holds, so that it is notified once.
  for (const alert of begins) times[alert.fingerprint] = Math.max(snapshot.now, (snapshot.worseSince(alert) ?? -1) + 1)
  const begun = new Set(begins.map(alert => alert.fingerprint))
  progress.group = {
    ...group,
    notified: { ...group.notified, [receiver]: { ...before, ...times } },
    acknowledged: group.acknowledged.filter(fingerprint => !begun.has(fingerprint)),
  }
}

function withoutAlerts(group: GroupState, removed: readonly Alert[]): GroupState {
  if (removed.length === 0) return group
  const names = new Set(removed.map(alert => alert.fingerprint))
  const keep = <T>(record: Readonly<Record<string, T>>) => Object.fromEntries(Object.entries(record).filter(([name]) => !names.has(name)))
  const notified = Object.entries(group.notified).map(([receiver, times]) => [receiver, keep(times)] as const)
  return {
    ...group,
    alerts: keep(group.alerts),
    notified: Object.fromEntries(notified.filter(([, times]) => Object.keys(times).length > 0)),
  }
}
