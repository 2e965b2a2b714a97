import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { isMap, isNode, isScalar, LineCounter, type ParsedNode, parseDocument } from 'yaml'
import type * as z from 'zod'
import { nearest } from './nearest.ts'
import type { Problem } from './problems.ts'

type Path = readonly PropertyKey[]

/** A YAML file with its place of everything, and what zod says about it. */
export interface YamlFile<T> {
  readonly file: string
  /** Absent where the file has mistakes. */
  readonly value?: T
  readonly problems: readonly Problem[]
  /** The line on which what lies at the path begins (for a map's entry: its key), or the nearest line above it. */
  lineOf(path: Path): number
  /** A mistake that the schema alone cannot see. */
  problem(path: Path, message: string, nearest?: string): Problem
  /** Checks a part of the file, as it lies at the path, against a schema of its own. */
  check<S extends z.ZodType>(path: Path, part: unknown, schema: S): { readonly value?: z.output<S>; readonly problems: readonly Problem[] }
}

/** Reads and checks a file; null when there is none. Never throws for what the file holds. */
export function readYamlFile<S extends z.ZodType>(path: string, schema: S): YamlFile<z.output<S>> | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
  return parseYaml(basename(path), text, schema)
}

/** The same for a text at hand. */
export function parseYaml<S extends z.ZodType>(file: string, text: string, schema: S): YamlFile<z.output<S>> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true })
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line)
  const lineOf = (path: Path) => lineAt(offsetOf(document.contents, path))
  const problem = (path: Path, message: string, near?: string): Problem => ({
    file,
    line: lineOf(path),
    message,
    ...(near === undefined ? {} : { nearest: near }),
  })
  const check: YamlFile<unknown>['check'] = (path, part, against) => {
    const checked = against.safeParse(part, { error: explain })
    if (checked.success) return { value: checked.data, problems: [] }
    const at = (inner: Path, ...rest: [string, string?]) => problem([...path, ...inner], ...rest)
    const problems = withoutEchoes(checked.error.issues, part).flatMap(issue => problemsOf(issue, [], part, at, path))
    return { problems: problems.toSorted((a, b) => a.line - b.line) }
  }
  const found: YamlFile<z.output<S>> = { file, problems: [], lineOf, problem, check }
  if (document.errors.length > 0) {
    return { ...found, problems: document.errors.map(e => ({ file, line: lineAt(e.pos[0]), message: firstLine(e.message) })) }
  }
  let data: unknown
  try {
    data = document.toJS({ maxAliasCount: 1_000 }) ?? {}
  } catch (error) {
    return { ...found, problems: [problem([], error instanceof Error ? error.message : 'cannot be read')] }
  }
  return { ...found, ...check([], data, schema) }
}

/** The value at a path of plain data. */
function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), data)
}

function offsetOf(contents: ParsedNode | null, path: Path): number {
  let node: unknown = contents
  let offset = 0
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find(p => String(isScalar(p.key) ? p.key.value : p.key) === String(key))
      if (!pair) break
      if (isNode(pair.key) && pair.key.range) offset = pair.key.range[0]
      node = pair.value
    } else if (isNode(node) && 'items' in node && Array.isArray(node.items) && typeof key === 'number') {
      node = node.items[key]
      if (isNode(node) && node.range) offset = node.range[0]
    } else break
  }
  return offset
}

const firstLine = (text: string) => text.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? text

/** zod's messages in our words. An unknown key's message carries the valid ones, since only here the schema is known. */
const explain: z.core.$ZodErrorMap = issue => {
  if (issue.code !== 'unrecognized_keys') return undefined
  const definition: unknown = issue.inst?._zod.def
  if (typeof definition !== 'object' || definition === null || !('shape' in definition)) return undefined
  return JSON.stringify(Object.keys(definition.shape as object))
}

type Issue = z.core.$ZodIssue

/** Without the missing keys that are there under a misspelt name, which is complained of already. */
function withoutEchoes(issues: readonly Issue[], data: unknown): readonly Issue[] {
  const misspelt = new Set(
    issues.flatMap(issue => {
      if (issue.code !== 'unrecognized_keys') return []
      return issue.keys.map(key => [...issue.path, nearest(key, validKeys(issue.message))].join('\0'))
    }),
  )
  const missing = (issue: Issue) =>
    (issue.code === 'invalid_type' || issue.code === 'invalid_union') && valueAt(data, issue.path) === undefined
  return issues.filter(issue => !(missing(issue) && misspelt.has(issue.path.join('\0'))))
}

function problemsOf(
  issue: Issue,
  above: Path,
  data: unknown,
  problem: (path: Path, message: string, near?: string) => Problem,
  root: Path,
): readonly Problem[] {
  const path = [...above, ...issue.path]
  const value = valueAt(data, path)
  const place = [...root, ...path].map(String).join('.')
  const where = place === '' ? '' : `${place}: `
  const got = value === undefined ? 'nothing' : JSON.stringify(value)?.slice(0, 60)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => {
        const valid = validKeys(issue.message)
        return problem([...path, key], `${where}unknown key "${key}", expected ${list(valid)}`, nearest(key, valid))
      })
    case 'invalid_type':
      return [
        value === undefined
          ? problem(path, `${where}is missing, expected ${issue.expected}`)
          : problem(path, `${where}expected ${issue.expected}, got ${got}`),
      ]
    case 'invalid_value': {
      const values = issue.values.map(String)
      return [problem(path, `${where}expected ${list(values)}, got ${got}`, typeof value === 'string' ? nearest(value, values) : undefined)]
    }
    case 'invalid_key':
      return [problem(path, `${where}not a valid name, expected ${issue.issues[0]?.message ?? 'another form'}`)]
    case 'invalid_union': {
      const branch = likeliest(issue.errors)
      if (branch) return branch.flatMap(inner => problemsOf(inner, path, data, problem, root))
      const expected = issue.errors.flatMap(errors => errors.flatMap(e => (e.code === 'invalid_type' ? [e.expected as string] : [])))
      return [
        problem(
          path,
          `${where}${value === undefined ? 'is missing, ' : ''}expected ${list([...new Set(expected)])}${value === undefined ? '' : `, got ${got}`}`,
        ),
      ]
    }
    default:
      return [problem(path, `${where}${lowerFirst(issue.message)}${value === undefined || issue.code === 'custom' ? '' : `, got ${got}`}`)]
  }
}

/** The branch of a union that the value was meant for: the one that takes its type. */
function likeliest(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fitting = branches.filter(
    issues => !issues.some(i => i.path.length === 0 && (i.code === 'invalid_type' || i.code === 'invalid_union')),
  )
  return fitting.toSorted((a, b) => a.length - b.length)[0]
}

function validKeys(message: string): readonly string[] {
  try {
    const keys: unknown = JSON.parse(message)
    return Array.isArray(keys) ? keys.map(String) : []
  } catch {
    return []
  }
}

const list = (words: readonly string[]) =>
  words.length === 0 ? 'another' : words.length === 1 ? String(words[0]) : `one of ${words.join(', ')}`
const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)
