import { z } from 'zod'
import type { Labels } from './labels.ts'

/** `name="value"`, `!=`, `=~` (a regular expression over the whole value), `!~`: as Alertmanager writes them. */
export interface Matcher {
  readonly name: string
  readonly value: string
  readonly isRegex: boolean
  readonly isEqual: boolean
}

/** The matcher that the text says, or null where it says none. */
export function parseMatcher(text: string): Matcher | null {
  const found = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"\s]*))\s*$/.exec(text)
  if (!found) return null
  const [, name = '', operator = '=', quoted, bare = ''] = found
  const value = quoted === undefined ? bare : quoted.replace(/\\(["\\])/g, '$1')
  const isRegex = operator.endsWith('~')
  if (isRegex && !isPattern(value)) return null
  return { name, value, isRegex, isEqual: operator.startsWith('=') }
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text).source.length <= 500
  } catch {
    return false
  }
}

/** A matcher of a product file. */
export const matcherSchema = z.string().transform((text, context) => {
  const found = parseMatcher(text)
  if (found) return found
  context.addIssue({ code: 'custom', message: `"${text}" is no matcher: write severity="P0" or alertname=~"low_.*"` })
  return z.NEVER
})

const patterns = new Map<string, RegExp>()

function pattern(source: string): RegExp {
  let found = patterns.get(source)
  if (!found) {
    found = new RegExp(`^(?:${source})$`, 'u')
    if (patterns.size >= 1_000) patterns.clear()
    patterns.set(source, found)
  }
  return found
}

/** Whether all matchers hold. A label that is not there counts as empty. */
export function matches(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every(({ name, value, isRegex, isEqual }) => {
    const found = labels[name] ?? ''
    return (isRegex ? pattern(value).test(found) : found === value) === isEqual
  })
}

/** `{a="1",b=~"x.*"}` */
export function formatMatchers(matchers: readonly Matcher[]): string {
  return `{${matchers.map(m => `${m.name}${operator(m)}${JSON.stringify(m.value)}`).join(',')}}`
}

function operator({ isRegex, isEqual }: Matcher): string {
  if (isRegex) return isEqual ? '=~' : '!~'
  return isEqual ? '=' : '!='
}
