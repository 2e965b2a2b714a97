import { isIPv4, isIPv6 } from 'node:net'

/** What no free text may contain: it identifies a person or a machine, or gives access to something. */
export type ForbiddenKind =
  | 'e-mail address'
  | 'IP address'
  | 'path with a user name'
  | 'network path'
  | 'phone number'
  | 'card number'
  | 'bank account number'
  | 'secret key'

export type Span = readonly [start: number, end: number]

/**
 * How one kind is found. The time that a pattern takes is linear in the text's length: each repeat is bounded, or can begin
 * only once in its run of characters, or nothing that could fail follows it.
 */
export interface ForbiddenPattern {
  readonly kind: ForbiddenKind
  /** Global. */
  readonly pattern: RegExp
  /** The part of a match to remove, or null when the match is none. Default: the whole match. */
  readonly confirm?: (match: RegExpExecArray) => Span | null
}

const LOCAL_PART = /[\p{L}\p{M}\p{N}._%+-]/u
const MAX_LOCAL_PART = 64

/** Mail addresses, internationalised ones too. `name@file.js:10:5` is a frame of a browser's stack trace. */
const EMAIL =
  /@(?<=[\p{L}\p{M}\p{N}._%+-]@)(?:[\p{L}\p{M}\p{N}-]{1,63}\.){1,8}(?:xn--[A-Za-z0-9-]{2,59}|[\p{L}\p{M}]{2,24})(?![\p{L}\p{N}])(?!:\d{1,7}:\d)/gu
const IPV4 = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)/g
/** A word of hexadecimal groups; `std::vec` and `12:30:45` are none. */
const IPV6 = /(?<![\w:])[0-9a-fA-F:]{2,39}(?:\.\d{1,3}){0,3}(?![\w:])/g
/** Of an address of two groups, `add::f32` looks like one: these are the ranges that are in use. */
const IPV6_IN_USE = /^(?:[23][0-9a-f]{3}|fe[89ab][0-9a-f]|f[cd][0-9a-f]{2}):/i
const USER_PATH =
  /(?:\/home\/|\/Users\/|(?<![A-Za-z])[A-Za-z]:[\\/]{1,4}(?:[Uu]sers|Documents and Settings)[\\/]{1,4})(?!(?:Shared|Public|Default|runner|runneradmin)(?![^\\/]))([^\\/:"'<>|?*[\]${}\n\r]{1,64}(?=[\\/])|[^\s\\/:"'<>|?*[\]${}]{1,64})/dg
const UNC_PATH = /(?<![\\\w:])\\{2,4}(?![.?]\\)[\w.$-]{1,64}\\{1,2}[^\s\\/:"'<>|?*]{1,64}/g
/** International form, or the North American one with its area code. */
const PHONE = /(?<![\w+.])\+\d(?:[ ()./-]{0,2}\d){7,14}(?!\d)|(?<![\w.-])(?:\d{3}-\d{3}-\d{4}|\(\d{3}\) ?\d{3}[ .-]\d{4})(?![\w-]|\.\d)/g
const CARD = /(?<![\w.-])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|3[47]\d\d([ -])\d{6}\2\d{5})(?![\w-]|\.\d)/g
const CARD_ISSUER = /^(?:4|5[0-9]|2[2-7]|3[0-9]|6[0-9])/
const IBAN = /(?<![A-Za-z0-9])([A-Z]{2})\d{2}(?: ?[A-Z0-9]){11,30}/g
/** Lengths of the account numbers of each country. */
const IBAN_LENGTHS = new Map(
  [
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18',
    'GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24',
    'PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20',
  ]
    .join(' ')
    .split(' ')
    .map(entry => [entry.slice(0, 2), Number(entry.slice(2))]),
)
const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY/g
/** Prefixes that vendors give their tokens so that they are recognised, and what follows each. */
const TOKENS: readonly (readonly [prefix: string, rest: string])[] = [
  ['A(?:KIA|SIA|GPA|IDA|ROA)', '[0-9A-Z]{16}(?![A-Za-z0-9])'],
  ['gh[oprsu]_', '[A-Za-z0-9]{20,}'],
  ['github_pat_', '\\w{20,}'],
  ['glpat-', '[\\w-]{20,}'],
  ['xox[abeoprs]-', '[\\w-]{10,}'],
  ['xapp-', '[\\w-]{10,}'],
  ['sk-', '[\\w-]{20,}'],
  ['[prs]k_(?:live|test)_', '[A-Za-z0-9]{10,}'],
  ['AIza', '[\\w-]{35}'],
  ['ya29\\.', '[\\w-]{20,}'],
  ['npm_', '[A-Za-z0-9]{30,}'],
  ['pypi-', '[\\w-]{20,}'],
  ['SG\\.', '[\\w-]{16,32}\\.[\\w-]{16,}'],
  ['hf_', '[A-Za-z0-9]{30,}'],
  ['do[opr]_v1_', '[a-f0-9]{32,}'],
  ['shp(?:at|ca|pa|ss)_', '[A-Fa-f0-9]{32,}'],
  ['lin_api_', '\\w{20,}'],
  ['dckr_pat_', '[\\w-]{20,}'],
  ['ns[aw]_', '[\\w-]{20,}'],
]
const TOKEN = new RegExp(`(?<![A-Za-z0-9_])(?:${TOKENS.map(([prefix, rest]) => prefix + rest).join('|')})`, 'g')
/** Begins only at the start of its run of characters: elsewhere `eyJ-eyJ-…` would be searched to its end from each place. */
const JSON_WEB_TOKEN = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g
const AUTHORIZATION = /(?<![A-Za-z])(?:Bearer|bearer|Basic|basic) {1,4}([A-Za-z0-9._~+/=-]{16,})/dg
/** Any forbidden value has one of these: text without them needs no further search. */
export const SUSPICIOUS = new RegExp(
  [
    /@|%[0-9a-fA-F]{2}|\+\d|\d\.\d|\d{3}-\d{3}|\(\d{3}\)|\d{13}|\d{4}[ -]\d{4}|3[47]\d\d[ -]\d{6}|[A-Z]{2}\d{2}|:[0-9a-fA-F]{0,4}:/,
    /\/home\/|[\\/][Uu]sers[\\/]|Documents and Settings|\\\\|PRIVATE KEY|eyJ|:\/\/[^\s/]|(?:earer|asic) /,
    ...TOKENS.map(([prefix]) => new RegExp(prefix)),
  ]
    .map(({ source }) => source)
    .join('|'),
)

const URL_PASSWORD = /:\/\/([^\s/:@]{1,64}:[^\s/@]{1,128})@/dg

/** The first group of a match, for patterns that carry indices. */
const firstGroup = (match: RegExpExecArray): Span | null => match.indices?.[1] ?? null

export const FORBIDDEN_PATTERNS: readonly ForbiddenPattern[] = [
  { kind: 'secret key', pattern: PRIVATE_KEY, confirm: wholeKey },
  { kind: 'secret key', pattern: JSON_WEB_TOKEN },
  { kind: 'secret key', pattern: TOKEN },
  { kind: 'secret key', pattern: AUTHORIZATION, confirm: match => (/\d/.test(match[1] ?? '') ? firstGroup(match) : null) },
  { kind: 'secret key', pattern: URL_PASSWORD, confirm: firstGroup },
  { kind: 'e-mail address', pattern: EMAIL, confirm: wholeMail },
  { kind: 'path with a user name', pattern: USER_PATH, confirm: firstGroup },
  { kind: 'network path', pattern: UNC_PATH },
  { kind: 'bank account number', pattern: IBAN, confirm: bankAccount },
  { kind: 'card number', pattern: CARD, confirm: match => (isCard(match[0].replace(/\D/g, '')) ? spanOf(match) : null) },
  { kind: 'phone number', pattern: PHONE },
  { kind: 'IP address', pattern: IPV4, confirm: match => (isHostV4(match[0]) ? spanOf(match) : null) },
  { kind: 'IP address', pattern: IPV6, confirm: match => (isHostV6(match[0]) ? spanOf(match) : null) },
]

function spanOf(match: RegExpExecArray, length = match[0].length): Span {
  return [match.index, match.index + length]
}

/** Up to the end marker, or to the end of a text that was cut. */
function wholeKey(match: RegExpExecArray): Span {
  const end = match.input.indexOf('-----END', match.index)
  const line = end < 0 ? -1 : match.input.indexOf('-----', end + 8)
  return [match.index, line < 0 ? match.input.length : line + 5]
}

function wholeMail(match: RegExpExecArray): Span {
  let start = match.index
  while (start > 0 && match.index - start < MAX_LOCAL_PART && LOCAL_PART.test(match.input[start - 1] as string)) start--
  return [start, match.index + match[0].length]
}

function isHostV4(text: string): boolean {
  // Loopback and "any" name no machine, and 120.0.0.0 is a browser's version.
  return isIPv4(text) && !/^(?:127|0)\.|\.0\.0\.0$/.test(text)
}

function isHostV6(text: string): boolean {
  const groups = text.split(':').filter(group => group !== '').length
  return (groups >= 3 || IPV6_IN_USE.test(text)) && /\d/.test(text) && isIPv6(text)
}

function isCard(digits: string): boolean {
  if (!CARD_ISSUER.test(digits)) return false
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}

function bankAccount(match: RegExpExecArray): Span | null {
  const length = IBAN_LENGTHS.get(match[1] ?? '')
  if (length === undefined) return null
  let account = ''
  let end = 0
  for (; end < match[0].length && account.length < length; end++) if (match[0][end] !== ' ') account += match[0][end]
  if (account.length < length) return null
  // The check digits: the number that the account without its first four characters, and then those, spell leaves 1 by 97.
  let remainder = 0
  for (let i = 0; i < length; i++) {
    const code = account.charCodeAt((i + 4) % length)
    remainder = (code < 65 ? remainder * 10 + code - 48 : remainder * 100 + code - 55) % 97
  }
  return remainder === 1 ? spanOf(match, end) : null
}
