import { isScalar } from 'yaml'
import type * as z from 'zod'
import { nearest } from './nearest.ts'
import { isRecord, type Path, valueAt } from './plain-data.ts'
import { explain, type Issue, singleIssues, validKeys, validWords } from './schema-issues.ts'
import type { Places } from './yaml-place.ts'

/** The plain data of a file, and the nodes that it was read from. Corrections change both alike. */
export interface Correctable {
  readonly data: unknown
  readonly places: Places
}

/** Replaces misspelt keys and words by the nearest valid ones; line numbers do not change. */
export function correctMisspellings(file: Correctable, issues: readonly Issue[], root: Path): void {
  for (const issue of issues) {
    const path = [...root, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) renameKey(file, path, key, nearest(key, validKeys(issue.message)))
    }
    const words = validWords(issue)
    if (words) replaceWord(file, path, word => nearest(word, words))
  }
}

/** Replaces the word at the path, if there is one. */
export function replaceWord({ data, places }: Correctable, path: Path, meant: (word: string) => string | undefined): void {
  const node = places.nodeAt(path)
  const owner = valueAt(data, path.slice(0, -1))
  const key = path.at(-1)
  if (!isScalar(node) || typeof node.value !== 'string' || key === undefined || typeof owner !== 'object' || owner === null) return
  const word = meant(node.value) ?? node.value
  node.value = word
  Reflect.set(owner, key, word)
}

function renameKey({ data, places }: Correctable, path: Path, key: string, meant: string | undefined): void {
  const owner = valueAt(data, path)
  if (meant === undefined || !isRecord(owner) || !Object.hasOwn(owner, key) || Object.hasOwn(owner, meant)) return
  places.rename(path, key, meant)
  Reflect.set(owner, meant, owner[key])
  Reflect.deleteProperty(owner, key)
}

/** The schema's output for the data without its invalid parts; undefined if nothing valid is left. */
export function validPartOf<S extends z.ZodType>(data: unknown, schema: S): z.output<S> | undefined {
  const whole = schema.safeParse(data, { jitless: true })
  if (whole.success) return whole.data
  const rest: unknown = structuredClone(data)
  for (;;) {
    const checked = schema.safeParse(rest, { error: explain })
    if (checked.success) return checked.data
    const parts = singleIssues(checked.error.issues, rest).flatMap(issue => partsToLeaveOut(issue, rest))
    if (!parts.some(path => leaveOut(rest, path))) return undefined
  }
}

function partsToLeaveOut(issue: Issue, data: unknown): readonly Path[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => [...issue.path, key])
  // A part with a missing key is left out as a whole.
  return [valueAt(data, issue.path) === undefined ? issue.path.slice(0, -1) : issue.path]
}

/** Removes the part at the path; false if there is none. A list is removed as a whole, since removing an item would shift the others. */
function leaveOut(data: unknown, path: Path): boolean {
  const list = path.findIndex((_, i) => Array.isArray(valueAt(data, path.slice(0, i))))
  const whole = list < 0 ? path : path.slice(0, list)
  const key = whole.at(-1)
  const parent = valueAt(data, whole.slice(0, -1))
  return key !== undefined && typeof parent === 'object' && parent !== null && key in parent && Reflect.deleteProperty(parent, key)
}
