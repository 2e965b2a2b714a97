import { commonLabels, fingerprint, type Notification } from '@northstar/alerting'
import { DAY_MS } from '@northstar/catalogue'
import type { Channel, Outcome } from '@northstar/notifications'
import type { OutboxItem } from './documents.ts'

const FIRST_WAIT_MS = 500
const MAX_WAIT_MS = 300_000
/** Maximum of the own pause when the receiver requests one. */
const MAX_OWN_WAIT_MS = 2_000
/** Age at which a message is no longer retried. */
const GIVE_UP_MS = 3 * DAY_MS

/**
 * The messages of a notification: one for each channel of its receiver; for channels of incidents one for each changed alert; and for
 * channels with recipients one for each, so that each is delivered, retried or abandoned separately.
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

/** The state of a message after an attempt. Pauses double up to five minutes, or are as long as the receiver requests. */
export function settle(given: OutboxItem, outcome: Outcome, now: number, random: () => number): Settled {
  const item = { ...given, attempts: given.attempts + 1 }
  if (outcome.kind === 'ok') return { kind: 'delivered' }
  if (outcome.kind === 'failed') return { kind: 'failed', problem: outcome.reason }
  if (now - item.queuedAt > GIVE_UP_MS) return { kind: 'failed', problem: `given up: ${outcome.reason}` }
  const pause = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(item.attempts - 1, 20)) * (0.75 + random() / 4)
  // The receiver's pause counts, but a receiver that always requests none is not retried without pause.
  const waitMs = outcome.afterMs === undefined ? pause : Math.max(outcome.afterMs, Math.min(pause, MAX_OWN_WAIT_MS))
  return { kind: 'again', item: { ...item, nextAt: now + waitMs, lastProblem: outcome.reason } }
}
