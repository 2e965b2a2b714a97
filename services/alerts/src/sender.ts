import type { Channel, Outcome } from '@northstar/notifications'
import type { Logger } from '@northstar/runtime'
import type { Delivery } from './documents.ts'
import { settle } from './messages.ts'
import type { Notifier } from './notifier.ts'
import type { Queue, Queued } from './queue.ts'
import type { AlertStore } from './store.ts'

export interface SenderDeps {
  readonly queue: Queue
  readonly notifier: Notifier
  readonly store: AlertStore
  readonly channels: ReadonlyMap<string, Channel>
  readonly now: () => number
  readonly random: () => number
  readonly logger: Logger
  /** Whether messages may be sent and their outcomes written. */
  readonly mayWrite: () => boolean
  readonly onAttempt: (channel: string, outcome: 'sent' | 'retried' | 'failed', ms: number) => void
  /** Called when a write failed, so memory and store may differ. */
  readonly onWriteFailed: (error: unknown) => void
}

export interface Sender {
  /** Starts sending the due messages; the end of each starts the next. */
  pump(): void
  /** Resolves when nothing is in flight. */
  idle(): Promise<void>
}

/** Sends queued messages and writes each outcome as it arrives. */
export function createSender(deps: SenderDeps): Sender {
  const { queue, notifier, store, channels, now, logger } = deps
  const sending = new Set<Promise<void>>()

  async function send({ item }: Queued): Promise<Outcome> {
    const channel = channels.get(item.channel)
    if (!channel) return { kind: 'failed', reason: 'the channel no longer exists' }
    return channel.send(item.notification, item.recipient).catch((error: unknown): Outcome => {
      logger.error({ err: error, channel: item.channel }, 'a channel failed')
      return { kind: 'retry', reason: 'the channel failed' }
    })
  }

  function deliveryOf({ item }: Queued, problem: string | null): Delivery {
    const { id, channel, recipient, notification, attempts } = item
    const { receiver, reason, alerts, changed } = notification
    const rules = [...new Set(alerts.map(alert => alert.rule))]
    const to = { channel, ...(recipient !== undefined && { recipient }), receiver }
    const fields = { at: now(), id, ...to, reason, rules, fingerprints: changed, attempts: attempts + 1 }
    return problem === null ? { ...fields, outcome: 'delivered' } : { ...fields, outcome: 'failed', problem }
  }

  /** @param entry the message as it is in the queue now, which may have been reloaded during the attempt */
  async function end(entry: Queued, outcome: Outcome, ms: number): Promise<void> {
    const { id, channel, recipient, step, notification } = entry.item
    const result = settle(entry.item, outcome, now(), deps.random)
    const to = { channel, ...(recipient !== undefined && { recipient }) }
    const fields = { ...to, reason: notification.reason, attempts: entry.item.attempts + 1 }
    deps.onAttempt(channel, result.kind === 'delivered' ? 'sent' : result.kind === 'again' ? 'retried' : 'failed', ms)
    if (result.kind === 'again') {
      logger.warn({ ...fields, problem: result.item.lastProblem }, 'a notification failed and will be retried')
      const again = { ...entry, item: result.item }
      await store.persistRetry(again)
      queue.retry(again)
      return
    }
    const problem = result.kind === 'failed' ? result.problem : null
    const delivery = deliveryOf(entry, problem)
    if (problem === null) logger.info({ ...fields, rules: delivery.rules }, 'notified')
    else logger.error({ ...fields, rules: delivery.rules, problem }, 'a notification failed')
    queue.remove(id)
    await store.persistEnd(entry, delivery, notifier.takeDone(step?.group))
  }

  async function run(acquired: Queued): Promise<void> {
    const startedAt = now()
    const outcome = await send(acquired)
    const ms = now() - startedAt
    const entry = queue.get(acquired.item.id)
    if (!entry || !deps.mayWrite()) {
      // The next leader sends it again with the same id.
      queue.release(acquired.item.id)
      return
    }
    try {
      await end(entry, outcome, ms)
    } catch (error) {
      queue.release(acquired.item.id)
      deps.onWriteFailed(error)
    }
  }

  function pump(): void {
    if (!deps.mayWrite()) return
    for (const entry of queue.acquire(now())) {
      const work = run(entry).finally(() => {
        sending.delete(work)
        pump()
      })
      sending.add(work)
    }
  }

  return {
    pump,
    async idle() {
      while (sending.size > 0) await Promise.all(sending)
    },
  }
}
