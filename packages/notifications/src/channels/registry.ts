import { z } from 'zod'
import type { Channel, ChannelConfig, ChannelDefinition, ChannelDeps } from '../channel.ts'
import { checkHost, checkTarget, TargetRefused } from '../safe-target.ts'
import { alertmanager } from './alertmanager/channel.ts'
import { discord } from './discord/channel.ts'
import { email } from './email/channel.ts'
import { opsgenie } from './opsgenie/channel.ts'
import { pagerduty } from './pagerduty/channel.ts'
import { slack } from './slack/channel.ts'
import { sms } from './sms/channel.ts'
import { webhook } from './webhook/channel.ts'
import { x } from './x/channel.ts'

/** Every type of channel. A new one is a folder and a line here. */
const [first, ...others]: readonly [ChannelDefinition, ...ChannelDefinition[]] = [
  webhook,
  alertmanager,
  pagerduty,
  opsgenie,
  slack,
  discord,
  email,
  sms,
  x,
]

export const channelTypes: ReadonlyMap<string, ChannelDefinition> = new Map([first, ...others].map(one => [one.type, one]))

/** One channel of `channels.yaml`; secrets are written `${NAME}`. */
export const channelSchema = z.discriminatedUnion('type', [
  first.schema,
  ...others.map(one => one.schema),
]) as unknown as z.ZodType<ChannelConfig>

function definitionOf({ type }: ChannelConfig): ChannelDefinition {
  const found = channelTypes.get(type)
  if (!found) throw new RangeError(`there is no channel type "${type}"`)
  return found
}

/** Creates a channel. @param config with its secrets filled in */
export function createChannel(config: ChannelConfig, deps: ChannelDeps): Channel {
  const { type, unit, acknowledges, carriesDigests, recipients, create } = definitionOf(config)
  return { type, unit, acknowledges, carriesDigests, recipients: recipients(config), ...create(config, deps) }
}

/** The reason why the channel's address is refused, checked without DNS; null if it is allowed. */
export function targetProblem(config: ChannelConfig, allowPrivateTargets: boolean): string | null {
  const target = definitionOf(config).target(config)
  try {
    if (!/^smtps?:/i.test(target)) checkTarget(target, allowPrivateTargets)
    else if (!URL.canParse(target)) return 'its smtp address is not a URL'
    // The URL parser normalises an address only for http.
    else checkHost(new URL(`http://${new URL(target).host}`).hostname, allowPrivateTargets)
    return null
  } catch (error) {
    if (error instanceof TargetRefused) return error.message
    return 'its address is invalid'
  }
}
