import { randomBytes } from 'node:crypto'
import { type Channel, createChannel, type HttpSend, type Notifying, targetProblem } from '@northstar/notifications'
import type { Logger } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { webhookSecret } from './documents.ts'

export interface OpenChannelsOptions {
  readonly notifying: Notifying
  readonly config: { readonly allowPrivateTargets: boolean; readonly publicUrl: string }
  readonly state: StateStore
  readonly http: HttpSend
  readonly now: () => number
  readonly logger: Logger
}

/** The channels by name; one that points where it may not is left out. */
export async function openChannels(options: OpenChannelsOptions): Promise<ReadonlyMap<string, Channel>> {
  const { notifying, state, http, now, logger } = options
  const { allowPrivateTargets, publicUrl } = options.config
  const channels = new Map<string, Channel>()
  const defaultWebhookSecret = await webhookSecret(state, () => `whsec_${randomBytes(32).toString('base64')}`)
  for (const [name, channel] of Object.entries(notifying.channels)) {
    const refused = targetProblem(channel, allowPrivateTargets)
    if (refused) logger.error({ channel: name, problem: refused }, 'this channel is refused and notifies nobody')
    else channels.set(name, createChannel(channel, { http, now, publicUrl, allowPrivateTargets, defaultWebhookSecret }))
  }
  return channels
}
