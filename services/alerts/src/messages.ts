import { commonLabels, fingerprint, type Notification } from '@northstar/alerting'
import type { Channel, Outcome } from '@northstar/notifications'
import type { OutboxItem } from './documents.ts'

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 300_000
const ASKED_WAIT_MS = 2_000
/** A message is given up after being refused for so long. */
const GIVE_UP_MS = 3 * 86_400_000

/**
 * The messages of a notification: one for each channel of its receiver; one for each alert that changed where alerts are incidents; and
 * one for each recipient where the channel has several, so that each is delivered, tried again or given up by itself.
 */
export function messagesOf(
  notification: Notification,
  channelNames: readonly string[],
  channels: ReadonlyMap<string, Channel>,
  now: number,
): OutboxItem[] {
  return channelNames.flatMap(name => {
    const channel = channels.get(name)
    if (!channel || (notification.kind === 'acknowledged' && !channel.acknowledges)) return []
    const parts = channel.unit === 'alert' ? incidentsOf(notification) : [notification]
    return parts.flatMap(part => {
      const item = (id: string) => ({ id, channel: name, notification: { ...part, id }, attempts: 0, nextAt: now, queuedAt: now })
      const id = `${part.id}-${name}`
      if (channel.recipients.length === 0) return [item(id)]
      return channel.recipients.map(recipient => ({ ...item(`${id}-${fingerprint({ recipient })}`), recipient }))
    })
  })
}

function incidentsOf(notification: Notification): readonly Notification[] {
  const changed = new Set(notification.changed)
  return notification.alerts
    .filter(alert => changed.has(alert.fingerprint))
    .map(alert => ({
      ...notification,
      id: `${notification.id}-${alert.fingerprint}`,
      alerts: [alert],
      changed: [alert.fingerprint],
      status: alert.endsAt === null ? ('firing' as const) : ('resolved' as const),
      commonLabels: commonLabels([alert.labels]),
      commonAnnotations: alert.annotations,
    }))
}

export type Settled =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'failed'; readonly problem: string }
  | { readonly kind: 'again'; readonly item: OutboxItem }

/** The next state of a message after an attempt: pauses double up to five minutes, or are as long as the receiver requests. */
export function settle(given: OutboxItem, outcome: Outcome, now: number, random: () => number): Settled {
  const item = { ...given, attempts: given.attempts + 1 }
  if (outcome.kind === 'ok') return { kind: 'delivered' }
  if (outcome.kind === 'failed') return { kind: 'failed', problem: outcome.reason }
  if (now - item.queuedAt > GIVE_UP_MS) return { kind: 'failed', problem: `given up: ${outcome.reason}` }
  const pause = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(item.attempts - 1, 20)) * (0.75 + random() / 4)
  // A receiver that names a time means it; one that always says "at once" is still spared a little.
  const waitMs = outcome.afterMs === undefined ? pause : Math.max(outcome.afterMs, Math.min(pause, ASKED_WAIT_MS))
  return { kind: 'again', item: { ...item, nextAt: now + waitMs, lastProblem: outcome.reason } }
}
