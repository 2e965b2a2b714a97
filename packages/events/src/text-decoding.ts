/** A text with encoded characters replaced, and the position of each of its UTF-16 units in the original. */
export interface DecodedText {
  readonly text: string
  /** One entry for each unit and one for the end. Null when the text is the original. */
  readonly positions: readonly number[] | null
}

/** Text may be encoded repeatedly, as in a query string within a URL within a log line of JSON. */
const ROUNDS = 3

/** The punctuation that personal data contains, by its name in HTML. */
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  ast: '*',
  bsol: '\\',
  colon: ':',
  commat: '@',
  dash: '-',
  hyphen: '-',
  lowbar: '_',
  lpar: '(',
  nbsp: ' ',
  percnt: '%',
  period: '.',
  plus: '+',
  quot: '"',
  rpar: ')',
  sol: '/',
}

/**
 * One encoded character: of a URL (`%40`, `%u0040`), of HTML (`&#64;`, `&#x40;`, `&commat;`), of JSON or a programming language (`\u0040`,
 * `\u{40}`, `\x40`, `\/`), whose backslashes may be doubled. A percent-encoded character may have several bytes.
 */
const ENCODED = new RegExp(
  [
    /%[0-9a-fA-F]{2}(?:%[89abAB][0-9a-fA-F]){0,3}/,
    /%u([0-9a-fA-F]{4})/,
    /&#(\d{1,7});/,
    /&#[xX]([0-9a-fA-F]{1,6});/,
    /\\{1,4}u([0-9a-fA-F]{4})/,
    /\\{1,4}u\{([0-9a-fA-F]{1,6})\}/,
    /\\{1,4}x([0-9a-fA-F]{2})/,
    /\\{1,4}(\/)/,
    new RegExp(`&(${Object.keys(NAMED).join('|')});`),
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
)

/** The beginning of every encoded character. */
export const ENCODED_BEGINNING = /%[0-9a-fA-F]{2}|%u[0-9a-fA-F]{4}|&[#a-z]|\\[ux/]/

/**
 * The text, then the text with its encoded characters replaced, repeated while there are any. Callers search each form: characters that only
 * look encoded, as in `C:\x64`, must not hide anything. Linear in length.
 */
export function* decodedForms(original: string): Generator<DecodedText> {
  let form: DecodedText = { text: original, positions: null }
  yield form
  for (let round = 0; round < ROUNDS; round++) {
    const next = decodeOnce(form)
    if (next === null) return
    form = next
    yield form
  }
}

/** Null when no character is encoded. */
function decodeOnce({ text, positions }: DecodedText): DecodedText | null {
  const origin = (index: number): number => (positions === null ? index : (positions[index] as number))
  const parts: string[] = []
  const next: number[] = []
  let plainFrom = 0
  const copyPlain = (to: number): void => {
    parts.push(text.slice(plainFrom, to))
    for (let i = plainFrom; i < to; i++) next.push(origin(i))
  }
  for (const match of text.matchAll(ENCODED)) {
    const character = characterOf(match)
    copyPlain(match.index)
    parts.push(character)
    for (let i = 0; i < character.length; i++) next.push(origin(match.index))
    plainFrom = match.index + match[0].length
  }
  if (plainFrom === 0) return null
  copyPlain(text.length)
  next.push(origin(text.length))
  return { text: parts.join(''), positions: next }
}

function characterOf([encoded, ...groups]: RegExpExecArray): string {
  const [wide, decimal, hex, escaped, braced, short, slash, name] = groups
  if (slash !== undefined) return slash
  if (name !== undefined) return NAMED[name] as string
  const digits = wide ?? hex ?? escaped ?? braced ?? short
  if (digits !== undefined) return fromCode(Number.parseInt(digits, 16))
  if (decimal !== undefined) return fromCode(Number(decimal))
  // What is not UTF-8 becomes U+FFFD.
  return Buffer.from(encoded.replaceAll('%', ''), 'hex').toString('utf8')
}

const fromCode = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd')
