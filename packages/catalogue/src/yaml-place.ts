import { type Alias, type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml'
import type { Path } from './plain-data.ts'
import { isMergeKey, keyText } from './yaml-data.ts'

interface Entry {
  readonly offset?: number
  readonly node: unknown
}

interface Entries {
  readonly own: ReadonlyMap<string, Pair>
  /** The maps under `<<`. */
  readonly merged: readonly unknown[]
}

/** Where the parts of a document are written. Looking up a part takes time that is linear in the depth of its path. */
export interface Places {
  /** The offset in the text of the part at the path (for a map's entry: its key), or of its nearest ancestor. */
  offsetOf(path: Path): number
  /** The offset in the text at which the value at the path is written: for an alias, that of its anchor. Null if there is none. */
  writtenAt(path: Path): number | null
  /** The node at the path, through aliases and merged maps. */
  nodeAt(path: Path): unknown
  /** Renames a key of the map at the path. */
  rename(path: Path, key: string, name: string): void
}

/** @param targets the node of each alias */
export function createPlaces(document: Document.Parsed, targets: ReadonlyMap<Alias, Node>): Places {
  const entries = new WeakMap<YAMLMap, Entries>()
  const resolved = (node: unknown) => (isAlias(node) ? targets.get(node) : node)

  function entriesOf(map: YAMLMap): Entries {
    const known = entries.get(map)
    if (known) return known
    const merged = map.items.filter(({ key }) => isMergeKey(key)).flatMap(({ value }) => (isSeq(value) ? value.items : [value]))
    const found = { own: new Map(map.items.map(pair => [keyText(isScalar(pair.key) ? pair.key.value : pair.key), pair])), merged }
    entries.set(map, found)
    return found
  }

  function itemOf(given: unknown, key: PropertyKey): Entry | undefined {
    const node = resolved(given)
    if (isSeq(node) && typeof key === 'number') {
      const item = node.items[key]
      return { node: item, ...(isNode(item) && item.range && { offset: item.range[0] }) }
    }
    if (!isMap(node)) return undefined
    const { own, merged } = entriesOf(node)
    const pair = own.get(String(key))
    if (pair) return { node: pair.value, ...(isNode(pair.key) && pair.key.range && { offset: pair.key.range[0] }) }
    for (const source of merged) {
      const found = itemOf(source, key)
      if (found) return found
    }
    return undefined
  }

  const nodeAt = (path: Path) => {
    let node: unknown = document.contents
    for (const key of path) node = itemOf(node, key)?.node
    return resolved(node)
  }

  return {
    nodeAt,
    offsetOf(path) {
      let node: unknown = document.contents
      let offset = 0
      for (const key of path) {
        const inner = itemOf(node, key)
        if (!inner) break
        offset = inner.offset ?? offset
        node = inner.node
      }
      return offset
    },
    writtenAt(path) {
      const node = nodeAt(path)
      return isNode(node) ? (node.range?.[0] ?? null) : null
    },
    rename(path, key, name) {
      const map = nodeAt(path)
      if (!isMap(map)) return
      const pair = entriesOf(map).own.get(key)
      if (!isScalar(pair?.key)) return
      pair.key.value = name
      entries.delete(map)
    },
  }
}
