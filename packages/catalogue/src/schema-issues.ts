import type * as z from 'zod'
import { nearest } from './nearest.ts'
import { type Path, valueAt } from './plain-data.ts'
import type { Problem } from './problems.ts'

export type Issue = z.core.$ZodIssue

/** The expected value as a message that replaces zod's; undefined where zod's is clear. A schema's own messages take precedence. */
export const constraintText: z.core.$ZodErrorMap = issue => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required' : `expected ${typeText(issue.expected)}`
    case 'too_small':
      return Number(issue.minimum) === 1 && issue.origin === 'string'
        ? 'must not be empty'
        : `must ${sizeText(issue.origin)} at least ${issue.minimum}${unitText(issue.origin, issue.minimum)}`
    case 'too_big':
      return `must ${sizeText(issue.origin)} at most ${issue.maximum}${unitText(issue.origin, issue.maximum)}`
    case 'invalid_format':
      return FORMATS[issue.format]
    default:
      return undefined
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  date: 'expected a date such as 2026-01-15',
  datetime: 'expected a time of RFC 3339, such as 2026-01-15T09:00:00Z',
  url: 'expected an address that begins with https:// or http://',
}

const TYPES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

/** The types that the branches of a union expect, for a value that has none of them. */
export const unionText = (issue: Issue & { readonly code: 'invalid_union' }): string =>
  `expected ${[...typesOf(issue)].map(typeText).join(' or ')}`

const typesOf = ({ errors }: Issue & { readonly code: 'invalid_union' }) =>
  new Set(errors.flatMap(branch => branch.flatMap(issue => (issue.code === 'invalid_type' ? [issue.expected as string] : []))))

const typeText = (type: string) => TYPES[type] ?? `a ${type}`
const sizeText = (origin: string) => (origin === 'string' || origin === 'array' ? 'have' : 'be')
const UNITS: Readonly<Record<string, string>> = { string: 'character', array: 'entry' }
const unitText = (origin: string, size: number | bigint) => {
  const unit = UNITS[origin]
  if (unit === undefined) return ''
  return Number(size) === 1 ? ` ${unit}` : ` ${unit === 'entry' ? 'entries' : `${unit}s`}`
}

/** zod's error map, {@link constraintText}. The message of an unknown key carries the valid keys as JSON, since the schema is known only here. */
export const explain: z.core.$ZodErrorMap = issue => {
  if (issue.code !== 'unrecognized_keys') return constraintText(issue)
  const definition: unknown = issue.inst?._zod.def
  if (typeof definition !== 'object' || definition === null || !('shape' in definition)) return undefined
  return JSON.stringify(Object.keys(definition.shape as object))
}

/** The valid keys in the message of an unknown key. */
export function validKeys(message: string): readonly string[] {
  try {
    const keys: unknown = JSON.parse(message)
    return Array.isArray(keys) ? keys.map(String) : []
  } catch {
    return []
  }
}

/** The valid words for an issue about a word; undefined for other issues. */
export function validWords(issue: Issue): readonly string[] | undefined {
  if (issue.code === 'invalid_value') return issue.values.map(String)
  // The discriminator of a union.
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)) return issue.options.map(String)
  return undefined
}

/** Issues without unions: a union's issue is replaced by those of its likeliest branch. Paths begin at the data. */
export function singleIssues(issues: readonly Issue[], data: unknown, above: Path = []): readonly Issue[] {
  return withoutEchoes(issues, valueAt(data, above)).flatMap((given): readonly Issue[] => {
    const issue = { ...given, path: [...above, ...given.path] }
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue]
    const branch = likeliest(issue.errors, valueAt(data, issue.path))
    return branch ? singleIssues(branch, data, issue.path) : [issue]
  })
}

/** Issues without missing keys that are present under a misspelt name, which has an issue already. */
function withoutEchoes(issues: readonly Issue[], data: unknown): readonly Issue[] {
  const misspelt = new Set(
    issues.flatMap(issue => {
      if (issue.code !== 'unrecognized_keys') return []
      return issue.keys.map(key => [...issue.path, nearest(key, validKeys(issue.message))].join('\0'))
    }),
  )
  return issues.filter(issue => !(isMissing(issue, data) && misspelt.has(issue.path.join('\0'))))
}

function isMissing(issue: Issue, data: unknown): boolean {
  return ['invalid_type', 'invalid_union', 'invalid_value'].includes(issue.code) && valueAt(data, issue.path) === undefined
}

/** The branch of a union that accepts the value's type and has the fewest mistakes. */
export function likeliest(branches: readonly (readonly Issue[])[], data: unknown): readonly Issue[] | undefined {
  const ofAnotherType = (issue: Issue) =>
    issue.path.length === 0 &&
    (issue.code === 'invalid_type' ||
      issue.code === 'invalid_union' ||
      (issue.code === 'invalid_value' && !issue.values.some(word => typeof word === typeof data)))
  const fitting = branches.map(issues => withoutEchoes(issues, data)).filter(issues => !issues.some(ofAnotherType))
  return fitting.toSorted((a, b) => a.length - b.length)[0]
}

/** The problems for people of one of {@link singleIssues}. */
export function problemsOf(
  issue: Issue,
  data: unknown,
  problem: (path: Path, message: string, near?: string) => Problem,
  root: Path,
): readonly Problem[] {
  const path = issue.path
  const value = valueAt(data, path)
  const dotted = [...root, ...path].map(String).join('.')
  const where = dotted === '' ? '' : `${dotted}: `
  const missing = value === undefined
  const got = missing ? '' : `, got ${JSON.stringify(value)?.slice(0, 60)}`
  const expected = (what: string) => `${where}${missing ? 'is missing, ' : ''}expected ${what}${got}`
  const words = validWords(issue)
  if (words) return [problem(path, expected(list(words)), typeof value === 'string' ? nearest(value, words) : undefined)]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => {
        const valid = validKeys(issue.message)
        return problem([...path, key], `${where}unknown key "${key}", expected ${list(valid)}`, nearest(key, valid))
      })
    case 'invalid_type': {
      const unquoted = issue.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')
      return [problem(path, `${expected(issue.expected)}${unquoted ? ': put it in quotes' : ''}`)]
    }
    case 'invalid_key':
      return [problem(path, `${where}not a valid name, expected ${issue.issues[0]?.message ?? 'another form'}`)]
    case 'invalid_union':
      return [problem(path, expected(list([...typesOf(issue)])))]
    default:
      return [problem(path, `${where}${lowerFirst(issue.message)}${issue.code === 'custom' ? '' : got}`)]
  }
}

const list = (words: readonly string[]) =>
  words.length === 0 ? 'another' : words.length === 1 ? String(words[0]) : `one of ${words.join(', ')}`
const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)
