import type { Calendar } from '@northstar/catalogue'
import type { Labels } from './labels.ts'
import { makeNotification, type Notification } from './notification.ts'
import { destinations } from './routing.ts'
import type { Digest, Routing } from './routing-file.ts'
import type { Alert } from './rule-state.ts'
import { minuteOfDay } from './time-intervals.ts'

const DAY = 86_400_000

/** When the digest was last due: its time of day in the product's zone, on the last such weekday that is not to come. */
export function lastDigestAt(digest: Digest, calendar: Pick<Calendar, 'date' | 'startOf' | 'timezone'>, now: number): number {
  // The day of the clocks' change has 23 or 25 hours: so far back one such weekday is always found.
  for (let back = 0; back <= 8; back++) {
    const date = calendar.date(now - back * DAY)
    if (new Date(`${date}T00:00:00Z`).getUTCDay() !== digest.weekday) continue
    const counted = calendar.startOf(date) + digest.minute * 60_000
    const shifted = counted + (digest.minute - minuteOfDay(counted, calendar.timezone)) * 60_000
    // A time of day that the clocks skip is an hour later.
    const at = minuteOfDay(shifted, calendar.timezone) === digest.minute ? shifted : counted
    if (at <= now) return at
  }
  return now - 7 * DAY
}

/** Whether alerts with these labels are listed in the digest. */
export function isForDigest(digest: Digest, routing: Routing, labels: Labels): boolean {
  return destinations(routing.route, labels).some(destination => destination.receiver === digest.receiver)
}

/** The week's digest: each alert once, as it was last, with how often it began; null when there is none. */
export function digestNotification(digest: Digest, at: number, alerts: readonly Alert[]): Notification | null {
  const byFingerprint = new Map<string, Alert[]>()
  for (const alert of alerts) byFingerprint.set(alert.fingerprint, [...(byFingerprint.get(alert.fingerprint) ?? []), alert])
  const listed = [...byFingerprint.values()].flatMap(same => {
    const episodes = new Map(same.map(alert => [alert.startsAt, alert]))
    const last = [...episodes.values()].sort((a, b) => b.startsAt - a.startsAt)[0]
    if (!last) return []
    const times = episodes.size > 1 ? ` (${episodes.size} times)` : ''
    return [{ ...last, annotations: { ...last.annotations, summary: `${last.annotations.summary ?? last.rule}${times}` } }]
  })
  if (listed.length === 0) return null
  return makeNotification(
    { key: `digest:${digest.receiver}`, labels: {}, createdAt: at, seq: 0 },
    { kind: 'alerts', reason: 'digest', receiver: digest.receiver, alerts: listed.sort((a, b) => a.startsAt - b.startsAt), createdAt: at },
  )
}
