import type { Matcher } from '@northstar/catalogue'
import type { Labels } from './labels.ts'

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
