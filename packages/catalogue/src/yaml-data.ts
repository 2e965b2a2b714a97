import { type Alias, type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml'
import { isRecord } from './plain-data.ts'
import type { Mistake } from './yaml-syntax.ts'

/** A document as plain data. Aliases of one anchor are one object. */
export interface YamlData {
  readonly data: unknown
  readonly mistakes: readonly Mistake[]
  /** The node of each alias. */
  readonly targets: ReadonlyMap<Alias, Node>
}

/** How many values aliases and merged maps may repeat: nested ones multiply, and every value is checked. */
const MAX_REPEATED = 100_000

/** Converts a document in time that is linear in its length. Repeated keys are mistakes; their maps and lists are joined. */
export function readData(document: Document.Parsed): YamlData {
  const mistakes = new Map<number, string>()
  const targets = new Map<Alias, Node>()
  const anchors = new Map<string, { readonly node: Node; readonly value: unknown; readonly size: number }>()
  let repeated = 0
  let size = 0

  const report = (node: unknown, message: string) => mistakes.set(isNode(node) ? (node.range?.[0] ?? 0) : 0, message)

  function convert(node: unknown): unknown {
    const before = size++
    if (isAlias(node)) return followed(node)
    const value = isMap(node) ? mapOf(node) : isSeq(node) ? node.items.map(convert) : isScalar(node) ? node.value : null
    if (isNode(node) && 'anchor' in node && node.anchor) anchors.set(node.anchor, { node, value, size: size - before })
    return value
  }

  function followed(alias: Alias): unknown {
    const found = anchors.get(alias.source)
    if (!found) {
      report(alias, `there is no anchor &${alias.source} before *${alias.source}: define it above`)
      return null
    }
    targets.set(alias, found.node)
    return repeat(alias, found.size) ? found.value : null
  }

  function repeat(node: unknown, more: number): boolean {
    repeated += more
    size += more
    if (repeated <= MAX_REPEATED) return true
    if (mistakes.size === 0) report(node, `aliases repeat more than ${MAX_REPEATED.toLocaleString('en-US')} values: write the parts out`)
    return false
  }

  function mapOf(map: YAMLMap): Readonly<Record<string, unknown>> {
    joinRepeatedKeys(map, report)
    const own: Record<string, unknown> = {}
    for (const { key, value } of map.items) {
      if (isMergeKey(key)) continue
      if (!isScalar(key)) report(key, 'a key must be a text: put it in quotes')
      else define(own, keyText(key.value), convert(value))
    }
    for (const { key, value } of map.items) {
      if (isMergeKey(key)) for (const source of isSeq(value) ? value.items : [value]) merge(own, source)
    }
    return own
  }

  /** Adds the keys of a merged map that the map lacks. */
  function merge(own: Record<string, unknown>, source: unknown): void {
    const value = convert(source)
    if (repeated > MAX_REPEATED) return
    if (!isRecord(value)) return void report(source, 'expected an alias of a map after <<')
    for (const [key, inner] of Object.entries(value)) if (!Object.hasOwn(own, key)) define(own, key, inner)
  }

  const data = convert(document.contents)
  return { data, targets, mistakes: [...mistakes].map(([offset, message]) => ({ offset, message })) }
}

/** Whether a key is `<<`, which the parser reads as a symbol. */
export const isMergeKey = (key: unknown): boolean => isScalar(key) && typeof key.value === 'symbol'

export const keyText = (key: unknown): string => (key === null ? '' : String(key))

/** Sets a key, `__proto__` too. */
function define(record: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true })
  else record[key] = value
}

/** Keeps the last of entries with equal keys, joined with the lists or maps of those before, and reports each repetition. */
function joinRepeatedKeys(map: YAMLMap, report: (node: unknown, message: string) => void): void {
  const last = new Map<string, Pair>()
  const replaced = new Set<Pair>()
  for (const pair of map.items) {
    const { key, value } = pair
    if (!isScalar(key) || isMergeKey(key)) continue
    const name = keyText(key.value)
    const earlier = last.get(name)
    last.set(name, pair)
    if (earlier === undefined) continue
    report(key, `the key "${name}" is repeated: remove one of them, or rename it`)
    replaced.add(earlier)
    if ((isMap(earlier.value) && isMap(value)) || (isSeq(earlier.value) && isSeq(value))) {
      const joined: unknown[] = earlier.value.items
      for (const item of value.items) joined.push(item)
      Object.assign(value, { items: joined })
    }
  }
  if (replaced.size > 0) map.items = map.items.filter(pair => !replaced.has(pair))
}
