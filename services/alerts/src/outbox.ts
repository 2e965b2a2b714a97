import { commonLabels, fingerprint, type Notification } from '@northstar/alerting'
import type { Channel, Outcome } from '@northstar/notifications'
import type { OutboxItem } from './documents.ts'

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 300_000
const ASKED_WAIT_MS = 2_000
/** A message that nobody took for so long is given up. */
const GIVE_UP_MS = 3 * 86_400_000

/**
 * The queue's items for a notification: one for each channel of its receiver; one for each alert where alerts are incidents, and one for
 * each recipient where the channel has several, so that each is delivered, tried again or failed by itself.
 */
export function itemsFor(
  notification: Notification,
  channelNames: readonly string[],
  channels: ReadonlyMap<string, Channel>,
  now: number,
): OutboxItem[] {
  return channelNames.flatMap(name => {
    const channel = channels.get(name)
    if (!channel || (notification.kind === 'acknowledged' && !channel.acknowledges)) return []
    const parts = channel.unit === 'alert' ? notification.alerts.map(alert => alone(notification, alert)) : [notification]
    return parts.flatMap(part => {
      const item = (id: string) => ({ id, channel: name, notification: { ...part, id }, attempts: 0, nextAt: now, queuedAt: now })
      const id = `${part.id}-${name}`
      if (channel.recipients.length === 0) return [item(id)]
      return channel.recipients.map(recipient => ({ ...item(`${id}-${fingerprint({ recipient })}`), recipient }))
    })
  })
}

function alone(notification: Notification, alert: Notification['alerts'][number]): Notification {
  return {
    ...notification,
    id: `${notification.id}-${alert.fingerprint}`,
    alerts: [alert],
    status: alert.endsAt === null ? 'firing' : 'resolved',
    commonLabels: commonLabels([alert.labels]),
    commonAnnotations: alert.annotations,
  }
}

/**
 * The items to send now: of each channel (and recipient) the oldest, so that the beginning of an alert arrives before its end. An incident
 * of its own waits only for itself.
 */
export function dueItems(
  outbox: readonly OutboxItem[],
  channels: ReadonlyMap<string, Channel>,
  inFlight: ReadonlySet<string>,
  now: number,
): OutboxItem[] {
  const taken = new Set<string>()
  return outbox.filter(item => {
    const alone = channels.get(item.channel)?.unit === 'alert'
    const lane = `${item.channel} ${item.recipient ?? ''} ${alone ? item.notification.alerts[0]?.fingerprint : ''}`
    const free = !taken.has(lane)
    taken.add(lane)
    return free && !inFlight.has(item.id) && item.nextAt <= now
  })
}

export type Settled =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'failed'; readonly problem: string }
  | { readonly kind: 'again'; readonly item: OutboxItem }

/** What becomes of an item after a try: pauses double up to five minutes, or are what the receiver asks for. */
export function settle(item: OutboxItem, outcome: Outcome, now: number, random: () => number): Settled {
  if (outcome.kind === 'ok') return { kind: 'delivered' }
  if (outcome.kind === 'failed') return { kind: 'failed', problem: outcome.reason }
  if (now - item.queuedAt > GIVE_UP_MS) return { kind: 'failed', problem: `given up: ${outcome.reason}` }
  const pause = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(item.attempts - 1, 20)) * (0.75 + random() / 4)
  // A receiver that names a time means it; one that always says "at once" is still spared a little.
  const waitMs = outcome.afterMs === undefined ? pause : Math.max(outcome.afterMs, Math.min(pause, ASKED_WAIT_MS))
  return { kind: 'again', item: { ...item, nextAt: now + waitMs, lastProblem: outcome.reason } }
}
