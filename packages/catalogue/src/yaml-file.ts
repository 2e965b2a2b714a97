import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import type * as z from 'zod'
import { correctMisspellings, mergeRepeatedKeys, replaceWord, validPartOf } from './corrections.ts'
import { entriesAt, type Path, valueAt } from './plain-data.ts'
import type { Problem } from './problems.ts'
import { explain, type Issue, problemsOf, singleIssues } from './schema-issues.ts'
import { offsetOf, writtenAt } from './yaml-place.ts'

/** A parsed YAML file with the positions of its parts and the result of its schema. */
export interface YamlFile<T> {
  readonly file: string
  /** Absent if the file has mistakes. */
  readonly value?: T
  readonly problems: readonly Problem[]
  /** The line on which the part at the path begins (for a map's entry: its key); of an absent part, that of its nearest ancestor. */
  lineOf(path: Path): number
  /** A problem at the line of a path. */
  problem(path: Path, message: string, nearest?: string): Problem
  /** Checks the part at a path against a schema of its own. */
  check<S extends z.ZodType>(path: Path, part: unknown, schema: S): { readonly value?: z.output<S>; readonly problems: readonly Problem[] }
  /**
   * The part at the path with reported misspellings corrected, so that one mistake hides no other when the file is checked against other files.
   */
  at(path: Path): unknown
  /** The parts that match a pattern, each with its path; `*` matches every entry. */
  entries(...pattern: Path): readonly (readonly [Path, unknown])[]
  /** The schema's output for {@link at} without its invalid parts; undefined if nothing valid is left. */
  validPart<S extends z.ZodType>(path: Path, schema: S): z.output<S> | undefined
  /** Replaces the word at the path for further checks. */
  correct(path: Path, word: string): void
}

/** Reads and checks a file; null if there is none. Never throws for its contents. */
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

/** Parses and checks a text. */
export function parseYaml<S extends z.ZodType>(file: string, text: string, schema: S): YamlFile<z.output<S>> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true })
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line)
  const lineOf = (path: Path) => lineAt(offsetOf(document, path))
  const problem = (path: Path, message: string, near?: string): Problem => ({
    file,
    line: lineOf(path),
    message,
    ...(near === undefined ? {} : { nearest: near }),
  })
  let data: unknown
  const read = () => {
    data = document.toJS({ maxAliasCount: 1_000 }) ?? {}
  }
  /** Identifies an issue by where its part is written. */
  const keyOf = (issue: Issue, path: Path) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map(key => offsetOf(document, [...path, key])).join()
    return `${writtenAt(document, path) ?? `${writtenAt(document, path.slice(0, -1))} ${String(path.at(-1))}`} ${issue.message}`
  }
  /** Issues without the repetitions by aliases of a part that is written once. */
  const withoutRepeats = (issues: readonly Issue[], path: Path) => {
    const keys = issues.map(issue => keyOf(issue, [...path, ...issue.path]))
    return issues.filter((_, i) => keys.indexOf(keys[i] ?? '') === i)
  }
  const check: YamlFile<unknown>['check'] = (path, part, against) => {
    const checked = against.safeParse(part, { error: explain, jitless: true })
    if (checked.success) return { value: checked.data, problems: [] }
    const issues = singleIssues(checked.error.issues, part)
    const at = (inner: Path, ...rest: [string, string?]) => problem([...path, ...inner], ...rest)
    const problems = withoutRepeats(issues, path).flatMap(issue => problemsOf(issue, part, at, path))
    correctMisspellings(document, issues, path)
    read()
    return { problems: problems.toSorted((a, b) => a.line - b.line) }
  }
  const found: YamlFile<z.output<S>> = {
    file,
    problems: [],
    lineOf,
    problem,
    check,
    at: path => valueAt(data, path),
    entries: (...pattern) => entriesAt(data, pattern),
    validPart: (path, against) => validPartOf(valueAt(data, path), against),
    correct(path, word) {
      replaceWord(document, path, () => word)
      read()
    },
  }
  const unreadable = document.errors.map(e => ({ file, line: lineAt(e.pos[0]), message: firstLine(e.message) }))
  // After a repeated key the rest can still be read.
  if (document.errors.some(e => e.code !== 'DUPLICATE_KEY')) return { ...found, problems: unreadable }
  if (unreadable.length > 0) mergeRepeatedKeys(document)
  try {
    read()
  } catch (error) {
    return { ...found, problems: [problem([], error instanceof Error ? error.message : 'cannot be read')] }
  }
  const checked = check([], data, schema)
  if (unreadable.length === 0) return { ...found, ...checked }
  return { ...found, problems: [...unreadable, ...checked.problems].toSorted((a, b) => a.line - b.line) }
}

const firstLine = (text: string) => text.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? text
