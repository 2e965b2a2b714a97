import type { Notification } from '@northstar/alerting'
import type { z } from 'zod'
import type { Article } from './article.ts'
import type { HttpSend } from './http-send.ts'

/** The outcome of an attempt. After `retry`, another attempt may succeed; it waits at least `afterMs` if the receiver named a time. */
export type Outcome =
  | { readonly kind: 'ok' }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  | { readonly kind: 'failed'; readonly reason: string }

export const OK: Outcome = { kind: 'ok' }

/** The traits of a channel type. Other code reads these traits and names no type. */
export interface ChannelTraits {
  /** The value of `type` in `channels.yaml`. */
  readonly type: string
  /** Whether a message has a whole group of alerts, or each alert is a separate incident. */
  readonly unit: 'group' | 'alert'
  /** Whether it can show acknowledgements. */
  readonly acknowledges: boolean
  /** Whether it can send a digest. A pager would open an incident for each line. */
  readonly carriesDigests: boolean
}

/** A channel that is ready to send. */
export interface Channel extends ChannelTraits {
  /** The addresses of a channel that sends a separate message to each recipient; empty for a channel with one address. */
  readonly recipients: readonly string[]
  /**
   * Sends a notification. Never rejects. A repeated notification has the same id and the same keys.
   * @param recipient one of {@link recipients}. Default: the first
   */
  send(notification: Notification, recipient?: string): Promise<Outcome>
  /** Sends an article. Never rejects. Absent if the channel supports only alerts. */
  readonly post?: (article: Article, recipient?: string) => Promise<Outcome>
}

export interface ChannelDeps {
  readonly http: HttpSend
  readonly now: () => number
  /** The public address of Northstar, without a trailing slash. Links in messages begin with it. */
  readonly publicUrl: string
  readonly allowPrivateTargets: boolean
  /** The signing secret of webhooks without their own. */
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
  // The loader has parsed the configuration with this schema.
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
