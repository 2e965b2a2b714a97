import { sqlLiteral } from '@northstar/catalogue'

/** Replacements of a stack's text, in order. Patterns are RE2's, which match in linear time. */
const REPLACEMENTS: readonly (readonly [pattern: string, by: string])[] = [
  // The head of an arrow would close an angle bracket.
  ['[-=]>', '→'],
  // Frame numbers, such as those of gdb (`#3`) and Rust (`3:`).
  ['(?m)^[ \\t]*#?[0-9]{1,4}[:.)]?[ \\t]+', ''],
  // Addresses and offsets, hashes of symbols, and numbers of the linker or the runtime.
  ['[ ]*[+@]?[ ]*0x[0-9a-fA-F]+', ''],
  ['::h[0-9a-f]{16}\\b', ''],
  ['\\b[0-9a-fA-F]{8,}\\b', ''],
  // Lines and columns.
  ['(?i),? ?\\bline [0-9]+', ''],
  [':[0-9]+(?::[0-9]+)?', ''],
  ['[ \\t\\r\\n]+', ' '],
]

/** How deep nested generics are removed, from the innermost outwards. */
const GENERICS_DEEP = 6

/** The SQL of a stack's text without addresses, line numbers and generics, which differ between crashes at the same place. Each step is linear. */
export function normalizedStack(stack: string): string {
  const replace = (text: string, [pattern, by]: readonly [string, string]) =>
    `replaceRegexpAll(${text}, ${sqlLiteral(pattern)}, ${sqlLiteral(by)})`
  const generics = Array.from({ length: GENERICS_DEEP }, () => ['(?:::)?<[^<> ][^<>]*>', ''] as const)
  return `trimBoth(${[REPLACEMENTS[0] ?? ['', ''], ...generics, ...REPLACEMENTS.slice(1)].reduce(replace, stack)})`
}
