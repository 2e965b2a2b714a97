import { channelName, RECEIVER_NAMES, type Routing, routingFields, routingProblems, toRouting } from '@northstar/alerting'
import { type Built, type Declaration, defineSection, type Env, fillSecrets, isRecord, type YamlFile } from '@northstar/catalogue'
import { z } from 'zod'
import type { ChannelConfig } from './channel.ts'
import { channelSchema, channelTypes } from './channels/registry.ts'

/** How alerts reach people: `channels.yaml`. */
export interface Notifying extends Routing {
  /** The channels whose secrets have values. */
  readonly channels: Readonly<Record<string, ChannelConfig>>
  /** The other channels, with the variables that they lack; receivers name them too. */
  readonly off: Readonly<Record<string, { readonly type: string; readonly missing: readonly string[] }>>
}

/** `channels.yaml`, with secrets still to be filled in. */
export const channelsFile: z.ZodType<Notifying> = z
  .strictObject({ channels: z.record(channelName, channelSchema).describe('The channels by name.'), ...routingFields })
  .transform((given): Notifying => ({ ...toRouting(given), channels: given.channels, off: {} }))
  .describe('How alerts reach people. ${NAME} is read from the environment.')

/** The channels of `channels.yaml`, those without secrets included. */
export const CHANNEL_NAMES: Declaration<readonly string[]> = { name: 'channels' }

/** `channels.yaml`. Without the file nobody is notified. */
export const channelsSection = defineSection<typeof channelsFile, Notifying | undefined>({
  file: 'channels.yaml',
  schema: channelsFile,
  build(file, context) {
    const receivers = file ? file.at(['receivers']) : {}
    if (isRecord(receivers)) context.declare(RECEIVER_NAMES, Object.keys(receivers))
    const channels = file ? file.at(['channels']) : {}
    if (isRecord(channels)) context.declare(CHANNEL_NAMES, Object.keys(channels))
    if (!file) return {}
    const problems = routingProblems(file, type => channelTypes.get(String(type))?.carriesDigests !== false)
    return file.value ? { problems, ...withSecrets(file, file.value, context.env) } : { problems }
  },
})

/** A channel with a variable that has no value is off, with a warning. */
function withSecrets(file: YamlFile<unknown>, given: Notifying, env: Env): Built<Notifying> {
  const filled = Object.entries(given.channels).map(([name, config]) => ({ name, ...fillSecrets(config, env) }))
  const lacking = filled.filter(({ missing }) => missing.length > 0)
  const channels = Object.fromEntries(filled.filter(({ missing }) => missing.length === 0).map(({ name, value }) => [name, value]))
  return {
    value: {
      ...given,
      channels,
      off: Object.fromEntries(lacking.map(({ name, value: { type }, missing }) => [name, { type, missing }])),
    },
    warnings: lacking.map(({ name, missing }) =>
      file.problem(['channels', name], `the channel ${name} is off: ${missing.join(', ')} ${missing.length > 1 ? 'have' : 'has'} no value`),
    ),
  }
}
