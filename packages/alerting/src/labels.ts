import { ownEntry } from '@northstar/catalogue'

/** Names and values that identify an alert. */
export type Labels = Readonly<Record<string, string>>

/** The value of a label, '' if it is absent. */
export const labelOf = (labels: Labels, name: string): string => ownEntry(labels, name) ?? ''

const OFFSET = 14695981039346656037n
const PRIME = 1099511628211n
const encoder = new TextEncoder()

function add(hash: bigint, bytes: Uint8Array): bigint {
  let next = hash
  for (const byte of bytes) next = BigInt.asUintN(64, (next ^ BigInt(byte)) * PRIME)
  return next
}

const SEPARATOR = Uint8Array.of(255)

/** The fingerprint of a label set, 16 hex digits: FNV-1a as in Prometheus, so that other tools compute the same one. */
export function fingerprint(labels: Labels): string {
  let hash = OFFSET
  for (const name of Object.keys(labels).sort()) {
    hash = add(add(hash, encoder.encode(name)), SEPARATOR)
    hash = add(add(hash, encoder.encode(labels[name])), SEPARATOR)
  }
  return hash.toString(16).padStart(16, '0')
}

/** The labels that all sets share. */
export function commonLabels(sets: readonly Labels[]): Labels {
  const [first, ...rest] = sets
  if (!first) return {}
  return Object.fromEntries(Object.entries(first).filter(([name, value]) => rest.every(other => other[name] === value)))
}

/** `{a="1", b="2"}`, sorted by name. */
export function formatLabels(labels: Labels): string {
  const parts = Object.keys(labels)
    .sort()
    .map(name => `${name}=${JSON.stringify(labels[name])}`)
  return `{${parts.join(', ')}}`
}
