/** The keys and indexes that lead to a value in plain data. */
export type Path = readonly PropertyKey[]

/** The value at a path of plain data. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), data)
}

/** The value if it is a map, else an empty one. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The values at the path, each with its full path; `*` matches every entry of a map or list. */
export function entriesAt(data: unknown, pattern: Path): readonly (readonly [Path, unknown])[] {
  let found: readonly (readonly [Path, unknown])[] = [[[], data]]
  for (const step of pattern) {
    found = found.flatMap(([path, value]) => {
      const keys = step !== '*' ? [step] : Array.isArray(value) ? [...value.keys()] : Object.keys(recordOf(value))
      return keys.flatMap(key => {
        const inner = valueAt(value, [key])
        return inner === undefined ? [] : [[[...path, key], inner] as const]
      })
    })
  }
  return found
}

/** A record's own entry, for names that senders and people choose: each object inherits `constructor` and others. */
export const ownEntry = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined
