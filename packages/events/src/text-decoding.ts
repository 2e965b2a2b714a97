/** A text with encoded characters replaced. */
export interface DecodedText {
  readonly text: string
  /** For each UTF-16 unit, where its encoded form begins and ends in the original. Null when the text is the original. */
  readonly origins: { readonly starts: readonly number[]; readonly ends: readonly number[] } | null
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

/** All but tab and the ends of lines. */
const CONTROLS = '\\0-\\x08\\x0e-\\x1f\\x7f'
/** Characters that are not displayed, and so may stand within a word. */
const INVISIBLE = new RegExp(`[${CONTROLS}\\u00ad\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u2069\\ufeff]`)
/** Full-width and small forms, spaces and hyphens of other widths, letters of mathematics: Unicode names a plain character for each. */
const COMPATIBLE = /[\u00a0\u2000-\u200a\u2010-\u2015\u202f\u205f\u3000\u3002\ufe50-\ufe6b\uff01-\uff61]|\ud835[\udc00-\udfff]/
/** Digits of Arabic, Persian and Devanagari, as phone numbers have them. */
const DIGITS = /[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f]/
/** A run of base64, also of its alphabet for URLs: of 12 bytes at least, so that few words are decoded. */
const BASE64 = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}/g
const UNPRINTABLE = new RegExp(`[${CONTROLS}\\ufffd]`)

/**
 * One encoded character: of a URL (`%40`, `%u0040`), of HTML (`&#64;`, `&#x40;`, `&commat;`), of JSON or a programming language (`\u0040`,
 * `\u{40}`, `\x40`, `\/`, `\"`), whose backslashes may be doubled; or another form of a character. A percent-encoded character may have several
 * bytes.
 */
const ENCODED = new RegExp(
  [
    /%[0-9a-fA-F]{2}(?:%[89abAB][0-9a-fA-F]){0,3}/,
    /%u([0-9a-fA-F]{4})/,
    /&#(\d{1,7});?/,
    /&#[xX]([0-9a-fA-F]{1,6});?/,
    /\\{1,4}u([0-9a-fA-F]{4})/,
    /\\{1,4}u\{([0-9a-fA-F]{1,6})\}/,
    /\\{1,4}x([0-9a-fA-F]{2})/,
    /\\{1,4}([/"])/,
    new RegExp(`&(${Object.keys(NAMED).join('|')});`),
    new RegExp(`(${INVISIBLE.source})`),
    new RegExp(`(${COMPATIBLE.source})`),
    new RegExp(`(${DIGITS.source})`),
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
)

/** The beginning of every encoded character. */
export const ENCODED_BEGINNING = new RegExp(
  [/%[0-9a-fA-F]{2}|%u[0-9a-fA-F]{4}|&[#a-z]|\\[ux/"]/, INVISIBLE, COMPATIBLE, DIGITS, /[A-Za-z0-9+/_-]{16}/]
    .map(({ source }) => source)
    .join('|'),
)

/**
 * The text, then the text with its encoded characters replaced, repeated while there are any. Callers search each form: characters that only
 * look encoded, as in `C:\x64`, must not hide anything. Linear in length.
 */
export function* decodedForms(original: string): Generator<DecodedText> {
  let form: DecodedText = { text: original, origins: null }
  yield form
  for (let round = 0; round < ROUNDS; round++) {
    const next = decodeOnce(form, ENCODED, characterOf)
    if (next === null) break
    form = next
    yield form
  }
  // Last, since a part of a token may be base64 of text.
  const texts = decodeOnce(form, BASE64, textOfBase64)
  if (texts === null) return
  yield texts
  const plain = decodeOnce(texts, ENCODED, characterOf)
  if (plain !== null) yield plain
}

type Decode = (match: RegExpExecArray) => string | null

/** Null when nothing is encoded. @param decode returns null for a match that is left as it is */
function decodeOnce({ text, origins }: DecodedText, encoded: RegExp, decode: Decode): DecodedText | null {
  const startOf = (index: number): number => (origins === null ? index : (origins.starts[index] as number))
  const endOf = (index: number): number => (origins === null ? index + 1 : (origins.ends[index] as number))
  const parts: string[] = []
  const starts: number[] = []
  const ends: number[] = []
  let plainFrom = 0
  let found = false
  const copyPlain = (to: number): void => {
    parts.push(text.slice(plainFrom, to))
    for (let i = plainFrom; i < to; i++) {
      starts.push(startOf(i))
      ends.push(endOf(i))
    }
  }
  for (const match of text.matchAll(encoded)) {
    const decoded = decode(match)
    if (decoded === null) continue
    found = true
    copyPlain(match.index)
    plainFrom = match.index + match[0].length
    parts.push(decoded)
    for (let i = 0; i < decoded.length; i++) {
      starts.push(startOf(match.index))
      ends.push(endOf(plainFrom - 1))
    }
  }
  if (!found) return null
  copyPlain(text.length)
  return { text: parts.join(''), origins: { starts, ends } }
}

function characterOf([encoded, ...groups]: RegExpExecArray): string {
  const [wide, decimal, hex, escaped, braced, short, punctuation, name, invisible, compatible, digit] = groups
  if (punctuation !== undefined) return punctuation
  if (name !== undefined) return NAMED[name] as string
  if (invisible !== undefined) return ''
  if (compatible !== undefined) return plainOf(compatible)
  if (digit !== undefined) return asciiDigit(digit.charCodeAt(0))
  const digits = wide ?? hex ?? escaped ?? braced ?? short
  if (digits !== undefined) return fromCode(Number.parseInt(digits, 16))
  if (decimal !== undefined) return fromCode(Number(decimal))
  // Invalid UTF-8 becomes U+FFFD.
  return Buffer.from(encoded.replaceAll('%', ''), 'hex').toString('utf8')
}

/** The digits of each script follow one another. */
const asciiDigit = (code: number): string => String(code - (code >= 0x0966 ? 0x0966 : code >= 0x06f0 ? 0x06f0 : 0x0660))

function plainOf(character: string): string {
  if (character === '\u3002' || character === '\uff61') return '.'
  return /[\u2010-\u2015]/.test(character) ? '-' : character.normalize('NFKC')
}

/** Null for bytes that are no text. */
function textOfBase64([base64]: RegExpExecArray): string | null {
  const text = Buffer.from(base64, 'base64').toString('utf8')
  return UNPRINTABLE.test(text) ? null : text
}

const fromCode = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd')
