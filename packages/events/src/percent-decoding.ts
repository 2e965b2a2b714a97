/** A text with percent-encoded characters replaced, and where each of its UTF-16 units begins in the original. */
export interface DecodedText {
  readonly text: string
  /** One entry for each unit and one for the end. Null when the text is the original. */
  readonly positions: readonly number[] | null
}

const ENCODED = /%[0-9a-fA-F]{2}/
/** An encoded text may have been encoded again, in a query string or a nested URL. */
const ROUNDS = 3

/** Decodes `%40` and the like, also where it was encoded several times. What is not UTF-8 becomes U+FFFD. Linear in length. */
export function decodePercent(original: string): DecodedText {
  let decoded: DecodedText = { text: original, positions: null }
  for (let round = 0; round < ROUNDS && ENCODED.test(decoded.text); round++) decoded = decodeOnce(decoded)
  return decoded
}

function decodeOnce({ text, positions }: DecodedText): DecodedText {
  const origin = (index: number): number => (positions === null ? index : (positions[index] as number))
  const parts: string[] = []
  const next: number[] = []
  const copy = (part: string, at: number): void => {
    parts.push(part)
    for (let i = 0; i < part.length; i++) next.push(at)
  }
  let plainFrom = 0
  const copyPlain = (to: number): void => {
    parts.push(text.slice(plainFrom, to))
    for (let i = plainFrom; i < to; i++) next.push(origin(i))
  }
  for (let i = text.indexOf('%'); i >= 0; ) {
    const bytes = encodedCharacter(text, i)
    if (bytes === null) {
      i = text.indexOf('%', i + 1)
      continue
    }
    copyPlain(i)
    copy(bytes.toString('utf8'), origin(i))
    plainFrom = i + bytes.length * 3
    i = text.indexOf('%', plainFrom)
  }
  copyPlain(text.length)
  next.push(origin(text.length))
  return { text: parts.join(''), positions: next }
}

/** The bytes of the one character that is encoded at `at`; null when nothing is. */
function encodedCharacter(text: string, at: number): Buffer | null {
  const lead = byteAt(text, at)
  if (lead === -1) return null
  const length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  const bytes = [lead]
  while (bytes.length < length) {
    const byte = byteAt(text, at + bytes.length * 3)
    if (byte === -1 || (byte & 0xc0) !== 0x80) break
    bytes.push(byte)
  }
  return Buffer.from(bytes)
}

function byteAt(text: string, at: number): number {
  if (text.charCodeAt(at) !== 0x25) return -1
  const high = hexDigit(text.charCodeAt(at + 1))
  const low = hexDigit(text.charCodeAt(at + 2))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lowerCase = code | 0x20
  return lowerCase >= 0x61 && lowerCase <= 0x66 ? lowerCase - 0x57 : -1
}
