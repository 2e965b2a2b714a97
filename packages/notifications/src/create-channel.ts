import { createAlertmanager } from './alertmanager.ts'
import type { Channel, ChannelDeps } from './channel.ts'
import type { ChannelConfig } from './channel-config.ts'
import { createDiscord } from './discord.ts'
import { createEmail } from './email.ts'
import { createOpsgenie } from './opsgenie.ts'
import { createPagerDuty } from './pagerduty.ts'
import { checkHost, checkTarget, TargetRefused } from './safe-target.ts'
import { createSlack } from './slack.ts'
import { createSms } from './sms.ts'
import { createWebhook } from './webhook.ts'
import { createX } from './x.ts'

export interface CreateChannelDeps extends ChannelDeps {
  readonly allowPrivateTargets: boolean
  /** Signs webhooks that have no secret of their own. */
  readonly defaultWebhookSecret: string
}

/** The channel, its secrets filled in. */
export function createChannel(config: ChannelConfig, deps: CreateChannelDeps): Channel {
  switch (config.type) {
    case 'webhook':
      return createWebhook({ url: config.url, secret: config.secret || deps.defaultWebhookSecret }, deps)
    case 'alertmanager':
      return createAlertmanager(config, deps)
    case 'pagerduty':
      return createPagerDuty(config, deps)
    case 'opsgenie':
      return createOpsgenie(config, deps)
    case 'slack':
      return createSlack(config, deps)
    case 'discord':
      return createDiscord(config, deps)
    case 'email':
      return createEmail(config, deps)
    case 'sms':
      return createSms(config, deps)
    case 'x':
      return createX(config, deps)
  }
}

/** Why the channel may not be used, as far as its address tells without DNS; null where nothing speaks against it. */
export function targetProblem(config: ChannelConfig, allowPrivateTargets: boolean): string | null {
  try {
    if (config.type !== 'email') checkTarget(config.url, allowPrivateTargets)
    else if (!URL.canParse(config.smtp)) return 'its smtp address is no URL'
    // Other schemes than http's leave an address as it was spelled: let http's parser read it.
    else checkHost(new URL(`http://${new URL(config.smtp).host}`).hostname, allowPrivateTargets)
    return null
  } catch (error) {
    if (error instanceof TargetRefused) return error.message
    return 'its address cannot be read'
  }
}
