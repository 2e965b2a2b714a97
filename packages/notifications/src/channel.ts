import type { Notification } from '@northstar/alerting'
import type { z } from 'zod'
import type { Article } from './article.ts'
import type { HttpSend } from './http-send.ts'

/** How a try ended. `retry` may pass: wait at least `afterMs` (the receiver's wish) where it is given. */
export type Outcome =
  | { readonly kind: 'ok' }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  | { readonly kind: 'failed'; readonly reason: string }

export const OK: Outcome = { kind: 'ok' }

/** The traits of a channel. Other code asks these traits and names no type. */
export interface ChannelTraits {
  /** The word under `type` in `channels.yaml`. */
  readonly type: string
  /** Whether a message carries a whole group of alerts, or each alert is an incident of its own. */
  readonly unit: 'group' | 'alert'
  /** Whether it can show that somebody acknowledged an alert. */
  readonly acknowledges: boolean
  /** Whether it can send a digest; a pager would make an incident of each line. */
  readonly carriesDigests: boolean
}

/** A channel that is ready to send. */
export interface Channel extends ChannelTraits {
  /** Where each recipient is sent a message of its own: their addresses. Empty where the channel is one address. */
  readonly recipients: readonly string[]
  /**
   * Never rejects. The same notification may come again: it carries the same id and makes the same keys.
   * @param recipient one of {@link recipients}; the first where it is absent
   */
  send(notification: Notification, recipient?: string): Promise<Outcome>
  /** Sends an article; absent where the channel is for alerts alone. Never rejects. */
  readonly post?: (article: Article, recipient?: string) => Promise<Outcome>
}

export interface ChannelDeps {
  readonly http: HttpSend
  readonly now: () => number
  /** Where people reach Northstar, without a slash at the end; links in messages begin with it. */
  readonly publicUrl: string
  readonly allowPrivateTargets: boolean
  /** Signs webhooks that have no secret of their own. */
  readonly defaultWebhookSecret: string
}

/** A channel of `channels.yaml`: its type, and the fields of that type's schema. */
export interface ChannelConfig {
  readonly type: string
}

/** A type of channel: its fields, its traits and its sending. */
export interface ChannelDefinition extends ChannelTraits {
  readonly schema: z.ZodObject
  /** The URL that the channel connects to. */
  target(config: ChannelConfig): string
  recipients(config: ChannelConfig): readonly string[]
  create(config: ChannelConfig, deps: ChannelDeps): Pick<Channel, 'send' | 'post'>
  readonly carriesArticles: boolean
}

/** A {@link ChannelDefinition} whose functions get the fields of the schema. */
export function defineChannel<S extends z.ZodObject>(
  given: ChannelTraits & {
    readonly schema: S
    readonly target: (config: z.output<S>) => string
    readonly recipients?: (config: z.output<S>) => readonly string[]
    readonly create: (config: z.output<S>, deps: ChannelDeps) => (notification: Notification, recipient: string) => Promise<Outcome>
    readonly createPost?: (config: z.output<S>, deps: ChannelDeps) => (article: Article, recipient: string) => Promise<Outcome>
  },
): ChannelDefinition {
  // The loader has parsed the configuration with this very schema.
  const typed = (config: ChannelConfig) => config as unknown as z.output<S>
  const recipients = (config: ChannelConfig) => given.recipients?.(typed(config)) ?? []
  return {
    ...given,
    carriesArticles: given.createPost !== undefined,
    target: config => given.target(typed(config)),
    recipients,
    create(config, deps) {
      const send = given.create(typed(config), deps)
      const post = given.createPost?.(typed(config), deps)
      const [first = ''] = recipients(config)
      return {
        send: (notification, recipient = first) => send(notification, recipient),
        ...(post && { post: (article: Article, recipient = first) => post(article, recipient) }),
      }
    },
  }
}

/** The page that shows an alert. */
export const alertUrl = (publicUrl: string, fingerprint: string) => `${publicUrl}/alerts?alert=${fingerprint}`
