import { type Document, isMap, isScalar, isSeq, visit } from 'yaml'
import type * as z from 'zod'
import { nearest } from './nearest.ts'
import { type Path, valueAt } from './plain-data.ts'
import { explain, type Issue, singleIssues, validKeys, validWords } from './schema-issues.ts'

/** Replaces misspelt keys and words by the nearest valid ones; line numbers do not change. */
export function correctMisspellings(document: Document, issues: readonly Issue[], root: Path): void {
  for (const issue of issues) {
    const path = [...root, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) renameKey(document, path, key, nearest(key, validKeys(issue.message)))
    }
    const words = validWords(issue)
    if (words) replaceWord(document, path, word => nearest(word, words))
  }
}

/** Replaces the word at the path, if there is one. */
export function replaceWord(document: Document, path: Path, meant: (word: string) => string | undefined): void {
  const node = document.getIn(path, true)
  if (!isScalar(node) || typeof node.value !== 'string') return
  node.value = meant(node.value) ?? node.value
}

/** Merges lists and maps under a repeated key into the last of them. */
export function mergeRepeatedKeys(document: Document): void {
  visit(document, {
    Map(_, map) {
      for (const [i, { key, value }] of map.items.entries()) {
        const later = map.items.slice(i + 1).find(pair => isScalar(pair.key) && isScalar(key) && pair.key.value === key.value)?.value
        if (isMap(value) && isMap(later)) later.items.unshift(...value.items)
        if (isSeq(value) && isSeq(later)) later.items.unshift(...value.items)
      }
    },
  })
}

function renameKey(document: Document, path: Path, key: string, meant: string | undefined): void {
  const map = path.length === 0 ? document.contents : document.getIn(path, true)
  if (meant === undefined || !isMap(map) || map.has(meant)) return
  const pair = map.items.find(({ key: own }) => isScalar(own) && own.value === key)
  if (isScalar(pair?.key)) pair.key.value = meant
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
