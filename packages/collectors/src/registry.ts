import * as z from 'zod'
import type { CollectorConfig, CollectorDefinition } from './collector.ts'
import { discord } from './discord.ts'
import { github } from './github/github.ts'
import { cratesIo } from './registries/crates-io.ts'
import { dockerHub } from './registries/docker-hub.ts'
import { homebrew } from './registries/homebrew.ts'
import { npm } from './registries/npm.ts'
import { pypi } from './registries/pypi.ts'
import { scheduleFields } from './schedule-fields.ts'

/** Every type of collector. A new one is a file and a line here. */
const [first, ...others]: readonly [CollectorDefinition, ...CollectorDefinition[]] = [
  github,
  discord,
  cratesIo,
  npm,
  pypi,
  homebrew,
  dockerHub,
]

export const collectorTypes: ReadonlyMap<string, CollectorDefinition> = new Map([first, ...others].map(one => [one.type, one]))

const withType = ({ type, schema }: CollectorDefinition) =>
  schema.extend({ type: z.literal(type).describe('The source.'), ...scheduleFields })

/** One collector of `collectors.yaml`; secrets are written `${NAME}`. */
export const collectorSchema = z.discriminatedUnion('type', [withType(first), ...others.map(withType)]) as unknown as z.ZodType<
  CollectorConfig & z.output<z.ZodObject<typeof scheduleFields>>
>

export function definitionOf({ type }: CollectorConfig): CollectorDefinition {
  const found = collectorTypes.get(type)
  if (!found) throw new RangeError(`there is no collector type "${type}"`)
  return found
}
