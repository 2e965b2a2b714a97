import type { Labels } from './labels.ts'
import { makeNotification, type Notification } from './notification.ts'
import { destinations } from './routing.ts'
import type { Digest, Routing } from './routing-file.ts'
import type { Alert } from './rule-state.ts'

/** Whether alerts with these labels are listed in the digest. */
export function isForDigest(digest: Digest, routing: Routing, labels: Labels): boolean {
  return destinations(routing.route, labels).some(destination => destination.receiver === digest.receiver)
}

/** The digest of a week's alerts: each once, in its last state, with the number of its episodes; null without alerts. */
export function digestNotification(digest: Digest, at: number, alerts: readonly Alert[]): Notification | null {
  const byFingerprint = new Map<string, Alert[]>()
  for (const alert of alerts) byFingerprint.set(alert.fingerprint, [...(byFingerprint.get(alert.fingerprint) ?? []), alert])
  const listed = [...byFingerprint.values()].flatMap(same => {
    const episodes = new Map(same.map(alert => [alert.startsAt, alert]))
    const last = [...episodes.values()].sort((a, b) => b.startsAt - a.startsAt)[0]
    if (!last) return []
    const count = episodes.size > 1 ? ` (${episodes.size} times)` : ''
    return [{ ...last, annotations: { ...last.annotations, summary: `${last.annotations.summary ?? last.rule}${count}` } }]
  })
  if (listed.length === 0) return null
  return makeNotification(
    { key: `digest:${digest.receiver}`, labels: {}, createdAt: at, seq: 0 },
    { kind: 'alerts', reason: 'digest', receiver: digest.receiver, alerts: listed.sort((a, b) => a.startsAt - b.startsAt), createdAt: at },
  )
}
