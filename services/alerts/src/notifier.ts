import { type Acknowledgement, type Alert, dispatch, type GroupState, type Notification, type Silence } from '@northstar/alerting'
import type { Channel, Notifying, Outcome } from '@northstar/notifications'
import type { Logger } from '@northstar/runtime'
import { type Delivery, type GroupDocument, groupDocumentKey, type OutboxItem } from './documents.ts'
import { dueItems, itemsFor, settle } from './outbox.ts'

export interface NotifierDeps {
  readonly notifying: Notifying
  readonly channels: ReadonlyMap<string, Channel>
  readonly now: () => number
  readonly random: () => number
  readonly logger: Logger
  /** A try ended: its answer waits to be taken in and written. */
  readonly onSettled: () => void
  /** How a try ended. */
  readonly onTried?: (channel: string, outcome: 'sent' | 'retried' | 'failed') => void
}

export interface World {
  readonly firing: readonly Alert[]
  readonly ended: readonly Alert[]
  readonly silences: readonly Silence[]
  readonly acknowledgements: ReadonlyMap<string, Acknowledgement>
}

export interface Notifier {
  load(documents: readonly GroupDocument[]): void
  /** Queues a message that no group makes, for these channels. */
  enqueue(notification: Notification, channelNames: readonly string[]): void
  /** Groups, mutes and queues. */
  dispatch(world: World): void
  /** When groups must be looked at again; null when there is no such time. */
  readonly nextAt: number | null
  /** Takes in the tries that ended. */
  settle(): void
  /** The same, and picks the items to try next; they count as tried from here on. */
  prepare(): readonly OutboxItem[]
  /** Documents to write before anything is sent; null for one to delete. */
  takeUnsaved(): ReadonlyMap<string, GroupDocument | null>
  takeDeliveries(): readonly Delivery[]
  /** Sends without waiting. Call it only when what {@link takeUnsaved} gave is written. */
  send(items: readonly OutboxItem[]): void
  /** When all that are being sent have ended. */
  idle(): Promise<void>
  readonly queued: number
}

/** Groups of alerts and the queue to the channels, in memory, as the store has them. */
export function createNotifier(deps: NotifierDeps): Notifier {
  const { notifying, channels, now, logger } = deps
  const documents = new Map<string, GroupDocument>()
  const unsaved = new Set<string>()
  const inFlight = new Map<string, Promise<void>>()
  const settled: { key: string; id: string; outcome: Outcome }[] = []
  const deliveries: Delivery[] = []
  const keyOf = new Map<string, string>()
  let nextAt: number | null = null

  function update(document: GroupDocument): void {
    if (document.group === null && document.outbox.length === 0) documents.delete(document.key)
    else documents.set(document.key, document)
    unsaved.add(document.key)
  }

  function finish(item: OutboxItem, problem: string | null): void {
    const { notification, attempts, channel, recipient, id } = item
    const rules = [...new Set(notification.alerts.map(alert => alert.rule))]
    const fingerprints = notification.alerts.map(alert => alert.fingerprint)
    const { receiver, reason } = notification
    const fields = {
      at: now(),
      id,
      channel,
      ...(recipient !== undefined && { recipient }),
      receiver,
      reason,
      rules,
      fingerprints,
      attempts,
    }
    deliveries.push(problem === null ? { ...fields, outcome: 'delivered' } : { ...fields, outcome: 'failed', problem })
    if (problem === null) logger.info({ channel, rules, reason, attempts }, 'notified')
    else logger.error({ channel, rules, reason, attempts, problem }, 'could not notify')
  }

  function takeSettled(): void {
    for (const { key, id, outcome } of settled.splice(0)) {
      const document = documents.get(key)
      const item = document?.outbox.find(other => other.id === id)
      if (!document || !item) continue
      const result = settle(item, outcome, now(), deps.random)
      deps.onTried?.(item.channel, result.kind === 'delivered' ? 'sent' : result.kind === 'again' ? 'retried' : 'failed')
      const others = document.outbox.filter(other => other.id !== id)
      if (result.kind === 'again') {
        logger.warn({ channel: item.channel, attempts: item.attempts, problem: result.item.lastProblem }, 'will notify again')
        update({ ...document, outbox: document.outbox.map(other => (other.id === id ? result.item : other)) })
      } else {
        finish(item, result.kind === 'failed' ? result.problem : null)
        update({ ...document, outbox: others })
      }
    }
  }

  async function sendOne(key: string, item: OutboxItem): Promise<void> {
    const channel = channels.get(item.channel)
    const outcome: Outcome = channel
      ? await channel.send(item.notification, item.recipient).catch((error: unknown): Outcome => {
          logger.error({ err: error, channel: item.channel }, 'a channel failed')
          return { kind: 'retry', reason: 'the channel failed' }
        })
      : { kind: 'failed', reason: 'there is no such channel any more' }
    settled.push({ key, id: item.id, outcome })
    inFlight.delete(item.id)
    deps.onSettled()
  }

  return {
    load(found) {
      documents.clear()
      unsaved.clear()
      for (const document of found) documents.set(document.key, document)
    },
    settle: takeSettled,
    enqueue(notification, channelNames) {
      const key = notification.groupKey
      const document = documents.get(key) ?? { key, group: null, outbox: [] }
      const known = new Set(document.outbox.map(item => item.id))
      const items = itemsFor(notification, channelNames, channels, now()).filter(item => !known.has(item.id))
      if (items.length > 0) update({ ...document, outbox: [...document.outbox, ...items] })
    },
    dispatch(world) {
      const groups = new Map<string, GroupState>()
      for (const { key, group } of documents.values()) if (group) groups.set(key, group)
      const result = dispatch(notifying, { now: now(), ...world }, groups)
      nextAt = result.nextAt
      for (const [key, { group, notifications }] of result.changed) {
        const before = documents.get(key)?.outbox ?? []
        const items = notifications.flatMap(one => itemsFor(one, notifying.receivers[one.receiver] ?? [], channels, now()))
        update({ key, group, outbox: [...before, ...items] })
      }
    },
    get nextAt() {
      return nextAt
    },
    prepare() {
      takeSettled()
      const chosen: OutboxItem[] = []
      for (const document of documents.values()) {
        const due = dueItems(document.outbox, channels, new Set(inFlight.keys()), now())
        if (due.length === 0) continue
        const tried = document.outbox.map(item => (due.includes(item) ? { ...item, attempts: item.attempts + 1 } : item))
        update({ ...document, outbox: tried })
        for (const item of tried) {
          if (!due.some(one => one.id === item.id)) continue
          chosen.push(item)
          keyOf.set(item.id, document.key)
        }
      }
      return chosen
    },
    takeUnsaved() {
      const taken = new Map([...unsaved].map(key => [groupDocumentKey(key), documents.get(key) ?? null]))
      unsaved.clear()
      return taken
    },
    takeDeliveries: () => deliveries.splice(0),
    send(items) {
      for (const item of items) {
        const key = keyOf.get(item.id)
        keyOf.delete(item.id)
        if (key !== undefined) inFlight.set(item.id, sendOne(key, item))
      }
    },
    async idle() {
      await Promise.all(inFlight.values())
    },
    get queued() {
      let count = 0
      for (const document of documents.values()) count += document.outbox.length
      return count
    },
  }
}
