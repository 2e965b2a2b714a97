import { FORBIDDEN_PATTERNS, type ForbiddenKind, type ForbiddenPattern, type Span, SUSPICIOUS } from './forbidden-patterns.ts'
import { decodePercent } from './percent-decoding.ts'

export type { ForbiddenKind } from './forbidden-patterns.ts'

interface Finding {
  readonly kind: ForbiddenKind
  readonly span: Span
}

/**
 * The kind of personal data or secret that a free text contains, or null. Percent-encoded forms count. Linear in length.
 * @param isVersion the property holds a version, where `1.2.3.4` is no address
 */
export function findForbidden(text: string, isVersion: boolean): ForbiddenKind | null {
  if (!SUSPICIOUS.test(text)) return null
  const decoded = decodePercent(text).text
  for (const pattern of FORBIDDEN_PATTERNS) {
    if (isVersion && pattern.kind === 'IP address') continue
    for (const _ of spansOf(pattern, decoded)) return pattern.kind
  }
  return null
}

/**
 * The text with each forbidden part replaced by its kind in brackets; of a path only the user's name is. The same text when there is none.
 * @param isVersion as for {@link findForbidden}
 */
export function scrubForbidden(text: string, isVersion: boolean): string {
  if (!SUSPICIOUS.test(text)) return text
  const { text: decoded, positions } = decodePercent(text)
  const findings: Finding[] = []
  for (const pattern of FORBIDDEN_PATTERNS) {
    if (isVersion && pattern.kind === 'IP address') continue
    for (const span of spansOf(pattern, decoded)) findings.push({ kind: pattern.kind, span })
  }
  if (findings.length === 0) return text
  findings.sort((a, b) => a.span[0] - b.span[0])
  const origin = (index: number): number => (positions === null ? index : (positions[index] as number))
  let scrubbed = ''
  let end = 0
  for (const { kind, span } of findings) {
    // Where findings overlap, the first one's replacement stands for all.
    if (span[0] >= end || end === 0) scrubbed += `${text.slice(origin(end), origin(span[0]))}[${replacement(kind)}]`
    end = Math.max(end, span[1])
  }
  return scrubbed + text.slice(origin(end))
}

const replacement = (kind: ForbiddenKind): string => (kind === 'path with a user name' ? 'user' : kind)

function* spansOf({ pattern, confirm }: ForbiddenPattern, text: string): Iterable<Span> {
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const span = confirm ? confirm(match) : ([match.index, pattern.lastIndex] as const)
    // A match may hold more than its span, or be rejected: what it hides is searched too.
    pattern.lastIndex = span === null ? match.index + 1 : span[1]
    if (span !== null) yield span
  }
}
