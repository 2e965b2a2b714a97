import { randomBytes } from 'node:crypto'
import { type Channel, createChannel, type HttpSend, type Notifying, targetProblem } from '@northstar/notifications'
import type { Logger } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { webhookSecret } from './documents.ts'

export interface ChannelsConfig {
  /** Whether channels may point at loopback and private addresses. */
  readonly allowPrivateTargets: boolean
  /** The public address, with which links in notifications begin. */
  readonly publicUrl: string
}

export interface OpenChannelsOptions {
  readonly notifying: Notifying
  readonly config: ChannelsConfig
  readonly state: StateStore
  readonly http: HttpSend
  readonly now: () => number
  readonly logger: Logger
}

/** Opens the channels by name, without those that point to a forbidden address. */
export async function openChannels(options: OpenChannelsOptions): Promise<ReadonlyMap<string, Channel>> {
  const { notifying, state, http, now, logger } = options
  const { allowPrivateTargets, publicUrl } = options.config
  const channels = new Map<string, Channel>()
  const defaultWebhookSecret = await webhookSecret(state, () => `whsec_${randomBytes(32).toString('base64')}`)
  for (const [name, channel] of Object.entries(notifying.channels)) {
    const refused = targetProblem(channel, allowPrivateTargets)
    if (refused) logger.error({ channel: name, problem: refused }, 'the channel points to a forbidden address and is off')
    else channels.set(name, createChannel(channel, { http, now, publicUrl, allowPrivateTargets, defaultWebhookSecret }))
  }
  return channels
}
