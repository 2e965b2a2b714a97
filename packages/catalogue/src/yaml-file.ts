import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import type * as z from 'zod'
import { joinRepeated, putRight, replaceWord, withoutMistakes } from './as-meant.ts'
import { entriesAt, type Path, valueAt } from './plain-data.ts'
import type { Problem } from './problems.ts'
import { explain, type Issue, problemsOf, singleIssues } from './schema-issues.ts'
import { offsetOf, writtenAt } from './yaml-place.ts'

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
  /**
   * What lies at the path, as it was probably meant: what was misspelt and complained of is put right, so that one mistake hides no
   * other. By this a file is held against others while it still has mistakes of its own.
   */
  at(path: Path): unknown
  /** The same of all places that a pattern finds, in which `*` stands for every entry; each with its path. */
  entries(...pattern: Path): readonly (readonly [Path, unknown])[]
  /** What a schema makes of {@link at} without the parts that have mistakes; undefined where they leave nothing that it takes. */
  sound<S extends z.ZodType>(path: Path, schema: S): z.output<S> | undefined
  /** Reads on with another word at the path: the one that was probably meant. */
  readAs(path: Path, word: string): void
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
  const placeOf = (issue: Issue, path: Path) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map(key => offsetOf(document, [...path, key])).join()
    return `${writtenAt(document, path) ?? `${writtenAt(document, path.slice(0, -1))} ${String(path.at(-1))}`} ${issue.message}`
  }
  /** What an alias stands for is written once, and so are its mistakes. */
  const withoutRepeats = (issues: readonly Issue[], path: Path) => {
    const places = issues.map(issue => placeOf(issue, [...path, ...issue.path]))
    return issues.filter((_, i) => places.indexOf(places[i] ?? '') === i)
  }
  const check: YamlFile<unknown>['check'] = (path, part, against) => {
    const checked = against.safeParse(part, { error: explain, jitless: true })
    if (checked.success) return { value: checked.data, problems: [] }
    const issues = singleIssues(checked.error.issues, part)
    const at = (inner: Path, ...rest: [string, string?]) => problem([...path, ...inner], ...rest)
    const problems = withoutRepeats(issues, path).flatMap(issue => problemsOf(issue, part, at, path))
    putRight(document, issues, path)
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
    sound: (path, against) => withoutMistakes(valueAt(data, path), against),
    readAs(path, word) {
      replaceWord(document, path, () => word)
      read()
    },
  }
  const unreadable = document.errors.map(e => ({ file, line: lineAt(e.pos[0]), message: firstLine(e.message) }))
  // A key that is there twice leaves the rest readable.
  if (document.errors.some(e => e.code !== 'DUPLICATE_KEY')) return { ...found, problems: unreadable }
  if (unreadable.length > 0) joinRepeated(document)
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
