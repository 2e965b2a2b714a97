const SECRET = /\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g

export type Env = Readonly<Record<string, string | undefined>>

/**
 * A copy of plain data with every `${NAME}` replaced by the variable's value, and the names of variables without a value. `${NAME:-text}` has
 * a default, as in a shell.
 */
export function fillSecrets<T>(data: T, env: Env): { readonly value: T; readonly missing: readonly string[] } {
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
