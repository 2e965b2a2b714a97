import { RE2JS, RE2JSSyntaxException } from 're2js'
import { z } from 'zod'
import { type Labels, labelOf } from './labels.ts'

/** `name="value"`, `!=`, `=~` (a regular expression over the whole value), `!~`, in Alertmanager's notation. */
export interface Matcher {
  readonly name: string
  readonly value: string
  readonly isRegex: boolean
  readonly isEqual: boolean
}

const LONGEST_PATTERN = 500
/** Maximum instructions of a compiled pattern: matching takes time in proportion to them and to the text. */
const LARGEST_PROGRAM = 1_000
const MAX_COMPILED = 1_000
/** Results that are kept over all patterns: each turn of the engine asks for the same values of labels. */
const MAX_RESULTS = 200_000

type Compiled = { readonly size: number; readonly matches: (text: string) => boolean } | { readonly problem: string }

const compiledPatterns = new Map<string, Compiled>()
let results = 0

/** A pattern with RE2's syntax and linear time. Every regular expression of silences, routes, inhibition and rule tests is compiled here. */
function compile(source: string): Compiled {
  const found = compiledPatterns.get(source)
  if (found) return found
  const compiled = compilePattern(source)
  if (compiledPatterns.size >= MAX_COMPILED) forgetAll()
  compiledPatterns.set(source, compiled)
  return compiled
}

function compilePattern(source: string): Compiled {
  if (source.length > LONGEST_PATTERN) return { problem: `longer than ${LONGEST_PATTERN} characters` }
  try {
    const pattern = RE2JS.compile(source, RE2JS.DOTALL)
    const size = pattern.programSize()
    if (size > LARGEST_PROGRAM) return { problem: 'too large once its repetitions are unrolled' }
    return { size, matches: remembering(text => pattern.testExact(text)) }
  } catch (error) {
    if (error instanceof RE2JSSyntaxException)
      return { problem: error.message.replace(/^error parsing regexp: /, '').replace('`(?s)', '`') }
    throw error
  }
}

/** Remembers the result for each text. */
function remembering(test: (text: string) => boolean): (text: string) => boolean {
  const known = new Map<string, boolean>()
  return text => {
    const found = known.get(text)
    if (found !== undefined) return found
    if (results >= MAX_RESULTS) forgetAll()
    const result = test(text)
    known.set(text, result)
    results++
    return result
  }
}

function forgetAll(): void {
  compiledPatterns.clear()
  results = 0
}

/** How many steps the patterns of matchers take on labels at most: instructions times characters. A million take about 15 ms. */
export function patternSteps(matchers: readonly Matcher[], labels: Labels): number {
  return matchers.reduce((sum, { name, value, isRegex }) => {
    const compiled = isRegex ? compile(value) : undefined
    return compiled && 'size' in compiled ? sum + compiled.size * labelOf(labels, name).length : sum
  }, 0)
}

/** The reason that a text is not a regular expression in RE2's syntax, or null. */
export function patternProblem(source: string): string | null {
  const compiled = compile(source)
  return 'problem' in compiled ? compiled.problem : null
}

const WRITTEN = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"\s]*))\s*$/

/** Parses a matcher; null if the text is not one. */
export function parseMatcher(text: string): Matcher | null {
  const found = WRITTEN.exec(text)
  if (!found) return null
  const [, name = '', operator = '=', quoted, bare = ''] = found
  const value = quoted === undefined ? bare : quoted.replace(/\\(["\\])/g, '$1')
  const isRegex = operator.endsWith('~')
  if (isRegex && patternProblem(value) !== null) return null
  return { name, value, isRegex, isEqual: operator.startsWith('=') }
}

/** The reason that a text is not a matcher, as a sentence. */
export function matcherProblem(text: string): string {
  const pattern = /^\s*[a-zA-Z_]\w*\s*[=!]~\s*"?(.*?)"?\s*$/.exec(text)?.[1]?.replace(/\\(["\\])/g, '$1')
  const problem = pattern === undefined ? null : patternProblem(pattern)
  if (problem !== null) return `"${text.slice(0, 100)}" is not a matcher: its regular expression is not in RE2's syntax: ${problem}`
  return `"${text.slice(0, 100)}" is not a matcher: write severity="P0" or alertname=~"low_.*"`
}

/** A matcher of a product file. */
export const matcherSchema = z.string().transform((text, context) => {
  const found = parseMatcher(text)
  if (found) return found
  context.addIssue({ code: 'custom', message: matcherProblem(text) })
  return z.NEVER
})

/** Whether all matchers match. An absent label is treated as empty. A pattern that cannot be compiled matches nothing, even negated. */
export function matches(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every(({ name, value, isRegex, isEqual }) => {
    const found = labelOf(labels, name)
    if (!isRegex) return (found === value) === isEqual
    const compiled = compile(value)
    return 'matches' in compiled && compiled.matches(found) === isEqual
  })
}

/** `{a="1",b=~"x.*"}` */
export function formatMatchers(matchers: readonly Matcher[]): string {
  return `{${matchers.map(formatMatcher).join(',')}}`
}

/** `a="1"` */
export const formatMatcher = (matcher: Matcher): string => `${matcher.name}${operator(matcher)}${JSON.stringify(matcher.value)}`

function operator({ isRegex, isEqual }: Matcher): string {
  if (isRegex) return isEqual ? '=~' : '!~'
  return isEqual ? '=' : '!='
}
