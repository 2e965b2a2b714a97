import { CHANNELS_FILE, channelName, RECEIVER_NAMES, type Routing, routingFields, routingProblems, toRouting } from '@northstar/alerting'
import { type Built, type Declaration, defineSection, type Env, fillEntries, isRecord, type YamlFile } from '@northstar/catalogue'
import { z } from 'zod'
import type { ChannelConfig } from './channel.ts'
import { channelSchema, channelTypes } from './channels/registry.ts'

/** The content of `channels.yaml`: channels, receivers and routes. */
export interface Notifying extends Routing {
  /** The channels whose secrets have values. */
  readonly channels: Readonly<Record<string, ChannelConfig>>
  /** The other channels, with their missing variables. Receivers may name them too. */
  readonly off: Readonly<Record<string, { readonly type: string; readonly missing: readonly string[] }>>
}

/** The schema of `channels.yaml`, before its secrets are filled in. */
export const channelsFile: z.ZodType<Notifying> = z
  .strictObject({ channels: z.record(channelName, channelSchema).describe('The channels by name.'), ...routingFields })
  .transform((given): Notifying => ({ ...toRouting(given), channels: given.channels, off: {} }))
  .describe('How alerts reach people. ${NAME} is read from the environment.')

export { CHANNELS_FILE }

/** The names of all channels of `channels.yaml`. */
export const CHANNEL_NAMES: Declaration<ReadonlySet<string>> = { name: 'channels' }

/** The section `channels.yaml`. Without the file there are no notifications. */
export const channelsSection = defineSection<typeof channelsFile, Notifying | undefined>({
  file: CHANNELS_FILE,
  schema: channelsFile,
  build(file, context) {
    const receivers = file ? file.at(['receivers']) : {}
    if (isRecord(receivers)) context.declare(RECEIVER_NAMES, new Set(Object.keys(receivers)))
    const channels = file ? file.at(['channels']) : {}
    if (isRecord(channels)) context.declare(CHANNEL_NAMES, new Set(Object.keys(channels)))
    if (!file) return {}
    const problems = routingProblems(file, type => channelTypes.get(String(type))?.carriesDigests !== false)
    return file.value ? { problems, ...withSecrets(file, file.value, context.env) } : { problems }
  },
})

function withSecrets(file: YamlFile<unknown>, given: Notifying, env: Env): Built<Notifying> {
  const { active, off, warnings } = fillEntries(file, 'channels', 'channel', given.channels, env)
  return { value: { ...given, channels: Object.fromEntries(active), off: Object.fromEntries(off) }, warnings }
}
