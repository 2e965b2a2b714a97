import { type DispatchSnapshot, dispatch, type GroupState, type Notification } from '@northstar/alerting'
import type { Channel, Notifying } from '@northstar/notifications'
import type { GroupDocument } from './documents.ts'
import { messagesOf } from './messages.ts'
import type { Queue, Queued } from './queue.ts'
import type { Outcomes } from './store.ts'

export interface NotifierDeps {
  readonly notifying: Notifying
  readonly channels: ReadonlyMap<string, Channel>
  readonly queue: Queue
  readonly now: () => number
}

/** New messages and changed groups, which are written before the messages are queued. */
export type Step = Pick<Outcomes, 'messages' | 'groups'>

export interface Notifier {
  load(documents: ReadonlyMap<string, GroupDocument>): void
  /** Groups, mutes and routes alerts. */
  dispatch(snapshot: Omit<DispatchSnapshot, 'now' | 'unreachable'>): Step
  /** The messages of a notification without a group, for these channels. */
  messagesFor(notification: Notification, channelNames: readonly string[]): readonly Queued[]
  /** Removes and returns the group of an ended message if nothing else is left of it. */
  takeDone(group: string | undefined): string | undefined
  /** When groups must be checked again; null when no time is set. */
  readonly nextAt: number | null
}

/** Keeps the groups of alerts in memory as the store has them. */
export function createNotifier({ notifying, channels, queue, now }: NotifierDeps): Notifier {
  const documents = new Map<string, GroupDocument>()
  let number = 0
  let nextAt: number | null = null

  const isReachable = (receiver: string) => notifying.receivers[receiver]?.some(name => channels.has(name))
  const findUnreachable = () => new Set(Object.keys(notifying.receivers).filter(receiver => !isReachable(receiver)))

  const numbered = (items: readonly Queued['item'][]): Queued[] => {
    number = Math.max(number, queue.nextNumber)
    return items.filter(item => !queue.has(item.id)).map(item => ({ number: number++, item }))
  }

  return {
    load(found) {
      documents.clear()
      for (const [key, document] of found) documents.set(key, document)
    },

    dispatch(snapshot) {
      const groups = new Map<string, GroupState>()
      for (const { key, group } of documents.values()) if (group) groups.set(key, group)
      const result = dispatch(notifying, { now: now(), unreachable: findUnreachable(), ...snapshot }, groups)
      nextAt = result.nextAt
      const messages: Queued[] = []
      const changed = new Map<string, GroupDocument | null>()
      for (const [key, { group, notifications }] of result.changed) {
        const before = groups.get(key)
        const createdAt = group?.createdAt ?? before?.createdAt ?? now()
        const firstSeq = before?.createdAt === createdAt ? before.seq : 0
        const created = notifications.flatMap((notification, i) =>
          messagesOf(notification, notifying.receivers[notification.receiver] ?? [], channels, now()).map(item => ({
            ...item,
            step: { group: key, createdAt, seq: firstSeq + i },
          })),
        )
        messages.push(...numbered(created))
        const document = { key, createdAt, seq: firstSeq + notifications.length, group }
        const isDone = group === null && created.length === 0 && queue.countOf(key) === 0
        if (isDone) documents.delete(key)
        else documents.set(key, document)
        changed.set(key, isDone ? null : document)
      }
      return { messages, groups: changed }
    },

    messagesFor: (notification, channelNames) => numbered(messagesOf(notification, channelNames, channels, now())),

    takeDone(group) {
      if (group === undefined || queue.countOf(group) > 0 || documents.get(group)?.group !== null) return undefined
      documents.delete(group)
      return group
    },

    get nextAt() {
      return nextAt
    },
  }
}
