import { type Document, isAlias, isMap, isNode, isScalar, isSeq } from 'yaml'
import type { Path } from './plain-data.ts'

/** The offset in the text of the part at the path (for a map's entry: its key), or of its nearest ancestor. */
export function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents
  let offset = 0
  for (const key of path) {
    const inner = itemOf(document, node, key)
    if (!inner) break
    offset = inner.offset ?? offset
    node = inner.node
  }
  return offset
}

/** The offset in the text at which the value at the path is written: for an alias, that of its anchor. Null if there is none. */
export function writtenAt(document: Document, path: Path): number | null {
  let node: unknown = document.contents
  for (const key of path) node = itemOf(document, node, key)?.node
  const written = isAlias(node) ? node.resolve(document) : node
  return isNode(written) ? (written.range?.[0] ?? null) : null
}

/** An entry of a map or a list, through aliases and merged maps. */
function itemOf(document: Document, given: unknown, key: PropertyKey): { readonly offset?: number; readonly node: unknown } | undefined {
  const node = isAlias(given) ? given.resolve(document) : given
  if (isSeq(node) && typeof key === 'number') {
    const item = node.items[key]
    return { node: item, ...(isNode(item) && item.range && { offset: item.range[0] }) }
  }
  if (!isMap(node)) return undefined
  const nameOf = (name: unknown) => (isScalar(name) ? name.value : name)
  // The last of two entries with the same name applies.
  const pair = node.items.findLast(one => String(nameOf(one.key)) === String(key))
  if (pair) return { node: pair.value, ...(isNode(pair.key) && pair.key.range && { offset: pair.key.range[0] }) }
  // `<<`
  const merged = node.items
    .filter(one => typeof nameOf(one.key) === 'symbol')
    .flatMap(one => (isSeq(one.value) ? one.value.items : [one.value]))
  for (const source of merged) {
    const found = itemOf(document, source, key)
    if (found) return found
  }
  return undefined
}
