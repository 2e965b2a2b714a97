import { basename } from 'node:path'
import type * as z from 'zod'
import { correctMisspellings, replaceWord, validPartOf } from './corrections.ts'
import { readFileText } from './file-text.ts'
import { type Names, nearest, wordsOf } from './nearest.ts'
import { entriesAt, type Path, valueAt } from './plain-data.ts'
import type { Problem } from './problems.ts'
import { explain, type Issue, problemsOf, singleIssues } from './schema-issues.ts'
import { readData } from './yaml-data.ts'
import { createPlaces, type Places } from './yaml-place.ts'
import { parseSyntax } from './yaml-syntax.ts'

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
  /** The valid word that was probably meant. Undefined after so many calls that further suggestions would help nobody but take long. */
  nearest(word: string, valid: Names): string | undefined
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

/** Reads and checks a file; null if there is none. Never throws, whatever the file contains. */
export function readYamlFile<S extends z.ZodType>(path: string, schema: S): YamlFile<z.output<S>> | null {
  const read = readFileText(path)
  if (read === null) return null
  if ('text' in read) return parseYaml(basename(path), read.text, schema)
  return unreadableFile(basename(path), [{ file: basename(path), line: read.line, message: read.unusable }])
}

/** Parses and checks a text. */
export function parseYaml<S extends z.ZodType>(file: string, text: string, schema: S): YamlFile<z.output<S>> {
  const { document, mistakes, lineAt } = parseSyntax(text)
  const problemAt = ({ offset, message }: { readonly offset: number; readonly message: string }) => ({
    file,
    line: lineAt(offset),
    message,
  })
  if (!document) return unreadableFile(file, mistakes.map(problemAt))
  if (document.contents === null) {
    return unreadableFile(file, [{ file, line: 1, message: 'is empty: fill it in, or remove the file' }])
  }
  const read = readData(document)
  const problems = read.mistakes.map(problemAt)
  const parts = partsOf(file, read.data, createPlaces(document, read.targets), lineAt)
  const checked = parts.check([], read.data, schema)
  if (problems.length === 0) return { ...parts, ...checked }
  return { ...parts, problems: [...problems, ...checked.problems].toSorted((a, b) => a.line - b.line) }
}

/** A file without parts. */
const unreadableFile = (file: string, problems: readonly Problem[]): YamlFile<never> => ({
  ...partsOf(file, undefined, { offsetOf: () => 0, writtenAt: () => null, nodeAt: () => undefined, rename() {} }, () => 1),
  problems,
})

const MAX_SUGGESTIONS = 200

/** The functions of a {@link YamlFile}, over its data and places. */
function partsOf(file: string, data: unknown, places: Places, lineAt: (offset: number) => number): YamlFile<never> {
  let suggestions = 0
  const lineOf = (path: Path) => lineAt(places.offsetOf(path))
  const problem = (path: Path, message: string, near?: string): Problem => ({
    file,
    line: lineOf(path),
    message,
    ...(near === undefined ? {} : { nearest: near }),
  })
  return {
    file,
    problems: [],
    lineOf,
    problem,
    nearest: (word, valid) => (suggestions++ < MAX_SUGGESTIONS ? nearest(word, wordsOf(valid)) : undefined),
    at: path => valueAt(data, path),
    entries: (...pattern) => entriesAt(data, pattern),
    validPart: (path, against) => validPartOf(valueAt(data, path), against),
    correct: (path, word) => replaceWord({ data, places }, path, () => word),
    check(path, part, against) {
      const checked = against.safeParse(part, { error: explain, jitless: true })
      if (checked.success) return { value: checked.data, problems: [] }
      const issues = singleIssues(checked.error.issues, part)
      const at = (inner: Path, ...rest: [string, string?]) => problem([...path, ...inner], ...rest)
      const problems = withoutRepeats(issues, path, places).flatMap(issue => problemsOf(issue, part, at, path))
      correctMisspellings({ data, places }, issues, path)
      return { problems: problems.toSorted((a, b) => a.line - b.line) }
    },
  }
}

/** Issues without the repetitions by aliases of a part that is written once. */
function withoutRepeats(issues: readonly Issue[], root: Path, places: Places): readonly Issue[] {
  const keyOf = (issue: Issue) => {
    const path = [...root, ...issue.path]
    if (issue.code === 'unrecognized_keys') return issue.keys.map(key => places.offsetOf([...path, key])).join()
    return `${places.writtenAt(path) ?? `${places.writtenAt(path.slice(0, -1))} ${String(path.at(-1))}`} ${issue.message}`
  }
  const seen = new Set<string>()
  return issues.filter(issue => {
    const before = seen.size
    return seen.add(keyOf(issue)).size > before
  })
}
