import { Composer, type CST, type Document, type ErrorCode, LineCounter, Parser } from 'yaml'

/** A mistake at an offset of the text. */
export interface Mistake {
  readonly offset: number
  readonly message: string
}

/** A parsed text; `document` is absent if it is not YAML. */
export interface Syntax {
  readonly document?: Document.Parsed
  readonly mistakes: readonly Mistake[]
  /** The line of an offset, from 1. */
  lineAt(offset: number): number
}

const MAX_DEPTH = 100
/** A mistake of syntax is mostly followed by others that it causes. */
const MAX_MISTAKES = 3

/** The remedy for each kind of mistake that the parser reports. */
const REMEDIES: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) cannot have an anchor or a tag of its own: remove it',
  BAD_ALIAS: 'write a space between the name of an anchor or alias and the colon',
  BAD_COLLECTION_TYPE: 'the tag does not fit its value: remove the word that begins with "!"',
  BAD_DIRECTIVE: 'a line that begins with "%" is a directive of YAML: put the text in quotes',
  BAD_DQ_ESCAPE: 'unknown escape in double quotes: write \\\\ for a backslash, or use single quotes',
  BAD_INDENT: 'the indentation does not fit the lines above: align it with its list or map, and close brackets',
  BAD_PROP_ORDER: 'an anchor or tag must be directly before its value',
  BAD_SCALAR_START: 'a text cannot begin with this character: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a line has one key: put a value that contains ": " in quotes, or begin a new line',
  BLOCK_IN_FLOW: 'brackets cannot contain a list with dashes or an indented map: write it in brackets as well',
  DUPLICATE_KEY: 'the key is repeated: remove one',
  IMPOSSIBLE: 'cannot be read as YAML: check quotes, brackets and indentation',
  KEY_OVER_1024_CHARS: 'a key has at most 1,024 characters: is a quote or a line break missing?',
  MISSING_CHAR: 'a closing quote or bracket, a comma, or a space after a colon or dash is missing here or on a line above',
  MULTILINE_IMPLICIT_KEY: 'a key and its colon must be on one line: is a colon missing, or a quote or bracket open?',
  MULTIPLE_ANCHORS: 'a value has one anchor: remove the others',
  MULTIPLE_DOCS: 'a product file is one document: remove the "---" and what follows it',
  MULTIPLE_TAGS: 'a value has one tag: remove the others',
  NON_STRING_KEY: 'a key must be a text: put it in quotes',
  RESOURCE_EXHAUSTION: 'aliases repeat too much of the file: write the parts out',
  TAB_AS_INDENT: 'lines cannot be indented by tabs: use spaces',
  TAG_RESOLVE_FAILED: 'unknown tag: remove the word that begins with "!", or put the text in quotes',
  UNEXPECTED_TOKEN: 'unexpected text: check quotes, brackets and indentation here and on the line above',
}

/** Parses a text in time that is linear in its length. Keys may be repeated. */
export function parseSyntax(text: string): Syntax {
  const lines = new LineCounter()
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line)
  const tokens = [...new Parser(lines.addNewLine).parse(text)]
  const refused = secondDocument(tokens) ?? tooDeep(tokens)
  if (refused) return { mistakes: [refused], lineAt }
  // The parser compares each key with all others, so repeated keys are found elsewhere.
  const composer = new Composer({ merge: true, uniqueKeys: false, prettyErrors: false, keepSourceTokens: false })
  const [document] = [...composer.compose(tokens, true, text.length)]
  if (document === undefined) return { mistakes: [], lineAt }
  const found = [...document.errors, ...document.warnings].map(({ code, pos }) => ({ offset: pos[0], message: REMEDIES[code] }))
  const byLine = new Map(found.toReversed().map(mistake => [lineAt(mistake.offset), mistake]))
  const mistakes = [...byLine.values()].toSorted((a, b) => a.offset - b.offset).slice(0, MAX_MISTAKES)
  return mistakes.length > 0 ? { mistakes, lineAt } : { document, mistakes, lineAt }
}

function secondDocument(tokens: readonly CST.Token[]): Mistake | undefined {
  const [, second] = tokens.filter(({ type }) => type === 'document')
  return second && 'offset' in second ? { offset: second.offset, message: REMEDIES.MULTIPLE_DOCS } : undefined
}

/** The parser composes nested parts by recursion, so their depth is bounded before. */
function tooDeep(tokens: readonly CST.Token[]): Mistake | undefined {
  const waiting: (readonly [CST.Token, number])[] = tokens.map(token => [token, 0])
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [token, depth] = next
    if (depth > MAX_DEPTH) return { offset: token.offset, message: `is nested more than ${MAX_DEPTH} levels deep: write it flatter` }
    if (token.type === 'document' && token.value) waiting.push([token.value, depth + 1])
    if (!('items' in token)) continue
    for (const { key, value } of token.items) {
      if (key) waiting.push([key, depth + 1])
      if (value) waiting.push([value, depth + 1])
    }
  }
  return undefined
}
