import { FORBIDDEN_PATTERNS, type ForbiddenKind, type ForbiddenPattern, type Span, SUSPICIOUS } from './forbidden-patterns.ts'
import { decodedForms } from './text-decoding.ts'

export type { ForbiddenKind } from './forbidden-patterns.ts'

/** A version of four numbers, which looks like an IP address. */
const FOUR_NUMBERS = /^v?\d{1,5}(?:\.\d{1,5}){3}(?:[-+][\w.+-]{0,40})?$/

interface Finding {
  readonly kind: ForbiddenKind
  readonly span: Span
}

/**
 * The kind of personal data or secret that a free text contains, or null. Text encoded as in URLs, HTML and JSON is decoded. Linear in length.
 * @param isVersion the property is a version, so that a text such as `1.2.3.4` is not an IP address
 */
export function findForbidden(text: string, isVersion: boolean): ForbiddenKind | null {
  for (const { kind } of findingsIn(text, isVersion)) return kind
  return null
}

/**
 * The text with each forbidden part replaced by its kind in brackets. Of a path only the user's name is replaced.
 * @param isVersion as for {@link findForbidden}
 */
export function scrubForbidden(text: string, isVersion: boolean): string {
  const findings = [...findingsIn(text, isVersion)].sort((a, b) => a.span[0] - b.span[0])
  let scrubbed = ''
  let end = 0
  for (const { kind, span } of findings) {
    // Overlapping findings have one replacement, that of the first.
    if (span[0] >= end) scrubbed += `${text.slice(end, span[0])}[${replacement(kind)}]`
    end = Math.max(end, span[1])
  }
  return scrubbed + text.slice(end)
}

const replacement = (kind: ForbiddenKind): string => (kind === 'path with a user name' ? 'user' : kind)

/** Every finding with its span in the original text. A part that is found in several decoded forms is returned several times. */
function* findingsIn(text: string, isVersion: boolean): Generator<Finding> {
  if (!SUSPICIOUS.test(text)) return
  const isAddress = !isVersion || !FOUR_NUMBERS.test(text)
  for (const { text: form, origins } of decodedForms(text)) {
    for (const pattern of FORBIDDEN_PATTERNS) {
      if (pattern.kind === 'IP address' && !isAddress) continue
      for (const [start, end] of spansOf(pattern, form)) {
        const span =
          origins === null ? ([start, end] as const) : ([origins.starts[start] as number, origins.ends[end - 1] as number] as const)
        yield { kind: pattern.kind, span }
      }
    }
  }
}

function* spansOf({ pattern, confirm }: ForbiddenPattern, text: string): Iterable<Span> {
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const span = confirm ? confirm(match) : ([match.index, pattern.lastIndex] as const)
    // The rest of a match beyond its span, or a rejected match, is searched too.
    pattern.lastIndex = span === null ? match.index + 1 : span[1]
    if (span !== null) yield span
  }
}
