import { type Acknowledgement, acknowledgementState } from './acknowledgements.ts'
import { advanceGroup, type GroupState, nextGroupTime, openGroup } from './groups.ts'
import { createInhibitor } from './inhibition.ts'
import type { Notification } from './notification.ts'
import { type Destination, destinations, groupKey, groupLabels } from './routing.ts'
import type { Routing } from './routing-file.ts'
import type { Alert } from './rule-state.ts'
import { type Silence, silencedBy } from './silences.ts'
import { inIntervals } from './time-intervals.ts'

/** The inputs of a dispatch besides the groups. */
export interface DispatchSnapshot {
  readonly now: number
  /** All firing alerts. */
  readonly firing: readonly Alert[]
  /** Recently resolved alerts. */
  readonly ended: readonly Alert[]
  readonly silences: readonly Silence[]
  readonly acknowledgements: ReadonlyMap<string, Acknowledgement>
  /** Receivers of which no channel is on. Their alerts are notified once one is. Default: none. */
  readonly unreachable?: ReadonlySet<string>
}

export interface Dispatch {
  /** Changed groups by key; `group` is null for one that has ended. */
  readonly changed: ReadonlyMap<string, { readonly group: GroupState | null; readonly notifications: readonly Notification[] }>
  /** Time of the next dispatch if nothing else happens, or null. */
  readonly nextAt: number | null
}

/** The reasons that notifications of an alert are held back; both empty if they are not. */
export interface Muting {
  readonly silencedBy: readonly string[]
  readonly inhibitedBy: string | null
}

export function createMuting(config: Routing, snapshot: Pick<DispatchSnapshot, 'now' | 'firing' | 'silences'>): (alert: Alert) => Muting {
  const inhibitedBy = createInhibitor(config.inhibitRules, snapshot.firing)
  return alert => ({ silencedBy: silencedBy(snapshot.silences, alert.labels, snapshot.now), inhibitedBy: inhibitedBy(alert) })
}

/** Assigns alerts to groups and advances each group. Pure. */
export function dispatch(config: Routing, snapshot: DispatchSnapshot, groups: ReadonlyMap<string, GroupState>): Dispatch {
  const targets = new Map<string, { destination: Destination; group: GroupState; firing: Map<string, Alert> }>()
  for (const alert of snapshot.firing) {
    for (const destination of destinations(config.route, alert.labels)) {
      const key = groupKey(destination, alert.labels)
      let target = targets.get(key)
      if (!target) {
        const group = groups.get(key) ?? openGroup(key, groupLabels(destination, alert.labels), snapshot.now)
        target = { destination, group, firing: new Map() }
        targets.set(key, target)
      }
      target.firing.set(alert.fingerprint, alert)
    }
  }
  for (const [key, group] of groups) {
    if (targets.has(key)) continue
    const [any] = Object.values(group.alerts)
    const destination = any && destinations(config.route, any.labels).find(one => groupKey(one, any.labels) === key)
    // A group whose route was removed still notifies its receivers of ends, but of no new alerts.
    targets.set(key, { destination: destination ?? orphan(group), group, firing: new Map() })
  }
  const firingNow = new Map(snapshot.firing.map(alert => [alert.fingerprint, alert]))
  const ended = new Map(snapshot.ended.map(alert => [alert.fingerprint, alert]))
  const muting = createMuting(config, snapshot)
  const acknowledgementOf = (alert: Alert) => {
    const found = snapshot.acknowledgements.get(alert.fingerprint)
    const current = firingNow.get(alert.fingerprint) ?? alert
    return found && { ...found, state: acknowledgementState(current, found) }
  }
  const acknowledgedBy = (alert: Alert) => {
    const found = acknowledgementOf(alert)
    return found?.state === 'holds' ? found.by : null
  }
  const worseSince = (alert: Alert) => {
    const found = acknowledgementOf(alert)
    return found?.state === 'worse' ? found.at : null
  }
  const changed = new Map<string, { group: GroupState | null; notifications: readonly Notification[] }>()
  const isReachable = (receiver: string) => !snapshot.unreachable?.has(receiver)
  let nextAt: number | null = null
  for (const [key, { destination, group, firing }] of targets) {
    const routeMuted = mutedByTime(config, destination, snapshot.now)
    const isMuted = (alert: Alert) => {
      if (routeMuted) return true
      const found = muting(alert)
      return found.inhibitedBy !== null || found.silencedBy.length > 0
    }
    const step = advanceGroup(group, destination, firing, ended, { now: snapshot.now, isMuted, acknowledgedBy, worseSince, isReachable })
    if (step.notifications.length > 0 || step.group !== (groups.get(key) ?? null)) changed.set(key, step)
    const again = step.group && nextGroupTime(step.group, destination, { now: snapshot.now, isReachable })
    if (again !== null) nextAt = Math.min(nextAt ?? again, again)
  }
  return { changed, nextAt }
}

function mutedByTime(config: Routing, destination: Destination, now: number): boolean {
  const within = (names: readonly string[]) => names.some(name => inIntervals(config.timeIntervals[name] ?? [], now))
  if (within(destination.muteTimeIntervals)) return true
  return destination.activeTimeIntervals.length > 0 && !within(destination.activeTimeIntervals)
}

function orphan(group: GroupState): Destination {
  return {
    path: group.key,
    receiver: Object.keys(group.notified)[0] ?? '',
    groupBy: [],
    groupWait: 0,
    groupInterval: 300_000,
    repeatInterval: Number.POSITIVE_INFINITY,
    muteTimeIntervals: [],
    activeTimeIntervals: [],
    escalate: [],
  }
}
