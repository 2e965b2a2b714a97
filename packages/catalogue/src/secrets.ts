import type { YamlFile } from './yaml-file.ts'

const SECRET = /\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g

export type Env = Readonly<Record<string, string | undefined>>

/**
 * Copies plain data with every `${NAME}` replaced by the variable's value, and the names of variables without a value. `${NAME:-text}` has
 * a default, as in a shell.
 */
function fillSecrets<T>(data: T, env: Env): { readonly value: T; readonly missing: readonly string[] } {
  const missing = new Set<string>()
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string')
      return value.replace(SECRET, (_, name: string, fallback: string | undefined) => {
        const found = env[name] || fallback
        if (found === undefined) missing.add(name)
        return found ?? ''
      })
    if (Array.isArray(value)) return value.map(fill)
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner)]))
    return value
  }
  return { value: fill(data) as T, missing: [...missing] }
}

/**
 * Fills in the secrets of a section's entries. An entry with a variable without a value is off, with a warning.
 * @param noun a word for an entry, such as channel
 */
export function fillEntries<T extends { readonly type: string }>(
  file: YamlFile<unknown>,
  section: string,
  noun: string,
  given: Readonly<Record<string, T>>,
  env: Env,
) {
  const filled = Object.entries(given).map(([name, config]) => ({ name, ...fillSecrets(config, env) }))
  const lacking = filled.filter(({ missing }) => missing.length > 0)
  return {
    active: filled.filter(({ missing }) => missing.length === 0).map(({ name, value }) => [name, value] as const),
    off: lacking.map(({ name, value: { type }, missing }) => [name, { type, missing }] as const),
    warnings: lacking.map(({ name, missing }) =>
      file.problem([section, name], `the ${noun} ${name} is off: ${missing.join(', ')} ${missing.length > 1 ? 'have' : 'has'} no value`),
    ),
  }
}
