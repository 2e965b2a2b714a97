import type { Notification } from '@northstar/alerting'
import type { HttpSend } from './http-send.ts'

/** How a try ended. `retry` may pass: wait at least `afterMs` (the receiver's wish) where it is given. */
export type Outcome =
  | { readonly kind: 'ok' }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  | { readonly kind: 'failed'; readonly reason: string }

/** One address to tell. */
export interface Channel {
  readonly type: string
  /** Whether a message carries a whole group of alerts, or each alert is an incident of its own. */
  readonly unit: 'group' | 'alert'
  /** Whether it has a way to say that somebody took an alert on. */
  readonly acknowledges: boolean
  /** Never rejects. The same notification may come again: it carries the same id and makes the same keys. */
  send(notification: Notification): Promise<Outcome>
}

export interface ChannelDeps {
  readonly http: HttpSend
  readonly now: () => number
  /** Where people find Northstar's pages; links in messages point there. */
  readonly externalUrl: string
}

export const OK: Outcome = { kind: 'ok' }
