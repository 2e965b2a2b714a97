import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const FILE = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url))

export interface ComposeService {
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly env_file?: readonly string[]
  readonly networks?: readonly string[]
  readonly restart?: string
  readonly read_only?: boolean
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly deploy?: { readonly replicas: number }
  readonly mem_limit?: string
  readonly cpus?: number
}

export interface Compose {
  readonly name: string
  readonly services: Readonly<Record<string, ComposeService>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>
}

/**
 * The Compose file as Compose reads it: aliases merged, `${NAME}`, `${NAME:-default}` and `${NAME:?why}` filled in from `.env`.
 * @throws where a required variable has no value
 */
export async function readCompose(variables: DotEnv = {}): Promise<Compose> {
  const text = await readFile(FILE, 'utf8')
  return fill(parse(text, { merge: true }), variables) as Compose
}

/** The content of `.env`, by which Compose fills in the file, and which it hands to the services that name it as their `env_file`. */
export type DotEnv = Readonly<Record<string, string>>

/**
 * Exactly the environment that the Compose file gives a service, but for `replace`: addresses and ports that mean something
 * only inside its network, and the data folder. A name in `replace` that the service is not given is left out.
 */
export function environmentOf(
  compose: Compose,
  service: string,
  { dotEnv = {}, replace = {} }: { readonly dotEnv?: DotEnv; readonly replace?: Readonly<Record<string, string>> } = {},
): Record<string, string> {
  const { environment, env_file } = compose.services[service] ?? {}
  if (!environment) throw new Error(`the Compose file gives ${service} no environment`)
  const given = { ...(env_file?.includes('.env') && dotEnv), ...environment }
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, replace[name] ?? value]))
}

/** The services made of this workspace, rather than of somebody's image. */
export function ownServices(compose: Compose): readonly string[] {
  return Object.keys(compose.services).filter(name => compose.services[name]?.build)
}

function fill(value: unknown, variables: DotEnv): unknown {
  if (typeof value === 'string') return fillText(value, variables)
  if (Array.isArray(value)) return value.map(item => fill(item, variables))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, variables)]))
  return value
}

/** From the innermost `${…}` outwards: a default may itself name a variable. */
function fillText(text: string, variables: DotEnv): string {
  const filled = text.replaceAll(
    /\$\{(\w+)(?::([-?])([^${}]*))?\}/g,
    (_, name: string, kind: string | undefined, rest: string | undefined) => {
      const value = variables[name]
      if (value) return value
      if (kind === '-') return rest ?? ''
      throw new Error(`${name} has no value${rest ? `: ${rest}` : ''}`)
    },
  )
  return filled === text ? text : fillText(filled, variables)
}
