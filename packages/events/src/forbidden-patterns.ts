import { isIPv6 } from 'node:net'
import {
  ASSIGNED,
  AUTHORIZATION,
  HOOK,
  JSON_WEB_TOKEN,
  PRIVATE_KEY,
  SECRET_BEGINNING,
  TOKEN,
  TOKEN_BEGINNINGS,
  URL_USER,
} from './secret-patterns.ts'
import { ENCODED_BEGINNING } from './text-decoding.ts'

/** Data that no free text may contain: it identifies a person or a machine, or gives access to something. */
export type ForbiddenKind =
  | 'e-mail address'
  | 'IP address'
  | 'MAC address'
  | 'path with a user name'
  | 'network path'
  | 'phone number'
  | 'card number'
  | 'bank account number'
  | 'secret key'

export type Span = readonly [start: number, end: number]

/**
 * How one kind is found. A pattern's time is linear in the text's length: each repeat is bounded, or can begin only once in its run of
 * characters, or is followed by nothing that can fail.
 */
export interface ForbiddenPattern {
  readonly kind: ForbiddenKind
  /** Global. */
  readonly pattern: RegExp
  /** The part of a match to remove, or null to reject the match. Default: the whole match. */
  readonly confirm?: (match: RegExpExecArray) => Span | null
}

const LOCAL_PART = /[\p{L}\p{M}\p{N}._%+-]/u
const LETTER = /[\p{L}\p{N}]/u
const MAX_LOCAL_PART = 64

/** Mail addresses, internationalised ones too. `name@file.js:10:5` is a frame of a browser's stack trace. */
const EMAIL =
  /@(?<=[\p{L}\p{M}\p{N}._%+"-]@)(?:(?:[\p{L}\p{M}\p{N}-]{1,63}\.){1,8}(?:xn--[A-Za-z0-9-]{2,59}|[\p{L}\p{M}]{2,24})(?![\p{L}\p{N}])(?!:\d{1,7}:\d)|\[?(?:\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)|IPv6:[0-9a-fA-F:]{2,39})\]?)/gu
/** `ip-10-0-0-1` is a host name of a cloud, `1.0.0.10.in-addr.arpa` a name for reverse DNS. */
const IPV4 = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:(?=\.in-addr\.arpa)|(?![\w.]*\w))|(?<![\w-])ip(?:-\d{1,3}){4}(?![\w-])/g
/** A word of hexadecimal groups, with its zone; `std::vec` and `12:30:45` are none. */
const IPV6 = /(?<![\w:])(?=[0-9a-fA-F]{0,4}:)[0-9a-fA-F:]{2,39}(?:\.\d{1,3}){0,3}(?![\w:])(?:%[\w.-]{1,15})?/g
/** After a label as in `peer:2001:db8::1`, where only the ranges in use count. */
const LABELLED_IPV6 =
  /(?<=(?<![\w:])[A-Za-z]\w{0,15}:)(?:[23][0-9a-fA-F]{3}|[fF][eE][89abAB][0-9a-fA-F]|[fF][cdCD][0-9a-fA-F]{2}):[0-9a-fA-F:]{1,34}(?:\.\d{1,3}){0,3}(?![\w:])/g
/** Names for reverse DNS, and for an address as the server of a network path. */
const IPV6_NAME = /(?<![\w.])(?:[0-9a-fA-F]\.){4,32}(?=ip6\.arpa)|(?<![\w-])[0-9a-fA-F-]{2,39}(?:s\w{1,15})?(?=\.ipv6-literal\.net)/g
/** The ranges in use. An address of two groups must be in one, since `add::f32` looks like an address too. */
const IPV6_IN_USE = /^(?:[23][0-9a-f]{3}|fe[89ab][0-9a-f]|f[cd][0-9a-f]{2}):/i
/** Six bytes in pairs, also after a label as in `mac:`, or in fours as Cisco prints them. One has a letter: `01-02-03-04-05-06` may be a time. */
const MAC =
  /(?:(?<![\w:.-])|(?<=(?<![\w:])[A-Za-z]\w{0,15}:))(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![\w:-]|\.\w)/g
/** The folder of all users on Windows, by the languages that rename it. */
const USERS_FOLDERS = [
  '[Uu][Ss][Ee][Rr][Ss]|Benutzer|Utilisateurs|Usuarios|Usuários|Utilizadores|Utenti|Gebruikers|Användare|Brugere|Brukere',
  'Käyttäjät|Użytkownicy|Uživatelé|Používatelia|Felhasználók|Utilizatori|Uporabniki|Korisnici|Kullanıcılar|Χρήστες|Пользователи',
  'Користувачі|Потребители|ユーザー|用户|使用者|사용자|Documents and Settings|Dokumente und Einstellungen',
].join('|')
/** A name may contain spaces if a separator follows, and apostrophes between letters. */
const NAME = String.raw`(?:[^\\/:"'<>|?*[\]{}$\n\r]|(?<=\p{L})'(?=\p{L})){1,64}(?=[\\/])|(?:[^\s\\/:"'<>|?*[\]{}$]|(?<=\p{L})'(?=\p{L})){1,64}`
/** `~ann/` is a home folder too. */
const USER_PATH = new RegExp(
  [
    String.raw`(?:/home/|/Users/|/run/media/|(?<![A-Za-z])[A-Za-z]:[\\/]{1,4}(?:${USERS_FOLDERS})[\\/]{1,4}|(?<![\w.\\/])\\{1,4}[Uu]sers\\{1,4})`,
    String.raw`(?!(?:Shared|Public|Default|runner|runneradmin)(?![^\\/]))(${NAME})|(?<![\w./~-])~([A-Za-z_][\w-]{0,31})(?=[\\/])`,
  ].join(''),
  'dgu',
)
const SEGMENT = String.raw`\\{1,2}(?:[^\\/:"'<>|?*\n\r]{1,64}(?=\\)|[^\s\\/:"'<>|?*]{1,64})`
/** The whole path, since folders of a file server are named for people. `\\.\pipe` and patterns such as `\\d\\w` do not match. */
const UNC_PATH = new RegExp(
  String.raw`(?<![\\\p{L}\p{N}_:])\\{2,4}(?:\?\\{1,2}UNC\\{1,2})?(?![.?]\\)[\p{L}\p{N}_.$-]{2,64}(?:${SEGMENT}){1,32}`,
  'gu',
)
/** A path on a file server as a URL. `file:///srv` has no server. */
const FILE_SERVER = /(?<![A-Za-z])(?:smb|cifs|afp|nfs|file):\/\/(?:\/{2,3})?[\p{L}\p{N}_.@-]{2,64}(?:\/[^\s/:"'<>|?*()]{1,64}){1,32}/gu
/** The same with slashes and no protocol: a server without a domain, since `//cdn.example.com/x` is a web address, and no root folder. */
const SLASHED_UNC =
  /(?<![\p{L}\p{N}_:/\\.*)\]}~-])\/\/(?!(?:app|bin|boot|dev|etc|home|lib\d{0,2}|media|mnt|opt|private|proc|root|run|s?bin|srv|src|sys|tmp|usr|var|Applications|Library|System|Users|Volumes)\/)[\p{L}\p{N}_$-]{2,64}(?:\/[^\s/:"'<>|?*()]{1,64}){2,32}/gu
const GAP = '[ ()./-]'
/**
 * International numbers with a plus or with zeros and gaps, and North American ones with area code. `+1000 2026` is a zone and a year. Within a
 * country, numbers that begin with one zero and have gaps; what follows `tel:`.
 */
const PHONE = new RegExp(
  [
    String.raw`(?<![\w+.])\+(?!1[0-4][03]0 (?:19|20)\d\d)[1-9](?:${GAP}{0,2}\d){7,14}(?!\d)`,
    String.raw`(?<![\w+.-]|\d[ .-])00[1-9]\d{0,2}(?:${GAP}{1,2}\d{1,7}){2,5}(?![\w-]|\.\d)`,
    String.raw`(?<![A-Za-z0-9.-])(?:[18][ .-])?(?:\d{3}-\d{3}-\d{4}|\(\d{3}\) ?\d{3}[ .-]?\d\d[ .-]?\d\d|(?<!\d[ .])[2-9]\d\d([ .])[2-9]\d\d\1\d{4})(?![\w-]|\.\d)`,
    String.raw`(?<![\w+.:/-]|\d[ .])0[1-9]\d{0,3}(?:[ /-]\d{6,8}|([ -])\d{3,4}\2\d{3,4}|([ .])\d\d\3\d\d\3\d\d\3\d\d)(?![\w-]|[ .]\d)`,
    String.raw`(?<=(?<![A-Za-z])(?:tel:|sms:|wa\.me/))\d{7,15}(?!\d)`,
  ].join('|'),
  'g',
)
const CARD =
  /(?<![A-Za-z0-9.-])(?:\d{13,19}|\d{4}([ ./_\t-]{1,2})\d{4}\1\d{4}\1\d{1,7}(?:\1\d{1,3})?|3[47]\d\d([ ./_-])\d{6}\2\d{5}|3\d{3}([ ./_-])\d{6}\3\d{4})(?![\w-]|\.\d)/g
/** First digits and lengths that issuers use. */
const CARD_ISSUER = /^(?:[456]\d{12,18}|2[2-7]\d{14}|3(?:[47]\d{13}|[0689]\d{12,17}|5(?:2[89]|[3-8]\d)\d{12,15}))$/
/** In lower case and without gaps, a letter beyond `f` is required: a hexadecimal digest may look like an account number. */
const IBAN =
  /(?<![A-Za-z0-9])(?:[A-Z]{2} ?\d{2}(?:[ ./_\t-]?[A-Z0-9]){11,30}|[a-z]{2}\d{2}(?:(?:([ ./_\t-])[a-z0-9]{4}){2,7}(?:\1[a-z0-9]{1,4})?|\d{11,30}|(?=[a-f0-9]{0,30}[g-z])[a-z0-9]{11,30})(?![a-z0-9]))/g
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
/** Every forbidden value contains one of these: text without a match needs no further search. */
export const SUSPICIOUS = new RegExp(
  [
    /@|\+[1-9]|\d\.\d|\d{3}-\d{3}|\(\d{3}\)|\d{3} \d{3} \d{4}|(?<!\d)00[1-9]|\d{13}|\d{4}[ /_\t-]{1,2}\d{4}|3\d\d\d[ /_-]\d{6}|(?<!\d)0[1-9]\d{0,3}[ /-]\d|tel:|sms:|wa\.me/,
    /[A-Z]{2} ?\d{2}|(?<![A-Za-z])[a-z]{2}\d{2}(?:[a-z0-9]{11}|[ ./_\t-])|:[0-9a-fA-F]{0,4}:|[fF][eEcCdD]..:|ip-\d|[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\./,
    /\/home\/|[\\/][Uu]sers[\\/]|[A-Za-z]:[\\/]|\/run\/media\/|~[A-Za-z_]|\\\\|\/\/|ip6\.arpa|ipv6-literal|PRIVATE KEY|PuTTY-|eyJ|:\/\/[^\s/]|(?:[eE][aA][rR][eE][rR]|[aA][sS][iI][cC]|[tT]oken|pi[kK]ey) /,
    ENCODED_BEGINNING,
    SECRET_BEGINNING,
    ...TOKEN_BEGINNINGS.map(beginning => new RegExp(beginning)),
  ]
    .map(({ source }) => source)
    .join('|'),
)

/** The first group that took part in a match, for patterns that carry indices. */
const firstGroup = (match: RegExpExecArray): Span | null => match.indices?.slice(1).find(span => span !== undefined) ?? null

export const FORBIDDEN_PATTERNS: readonly ForbiddenPattern[] = [
  { kind: 'secret key', pattern: PRIVATE_KEY, confirm: wholeKey },
  { kind: 'secret key', pattern: JSON_WEB_TOKEN },
  { kind: 'secret key', pattern: TOKEN },
  { kind: 'secret key', pattern: AUTHORIZATION, confirm: firstGroup },
  { kind: 'secret key', pattern: ASSIGNED, confirm: firstGroup },
  { kind: 'secret key', pattern: HOOK },
  { kind: 'secret key', pattern: URL_USER, confirm: firstGroup },
  { kind: 'e-mail address', pattern: EMAIL, confirm: wholeMail },
  { kind: 'path with a user name', pattern: USER_PATH, confirm: firstGroup },
  { kind: 'network path', pattern: UNC_PATH },
  { kind: 'network path', pattern: FILE_SERVER },
  { kind: 'network path', pattern: SLASHED_UNC },
  { kind: 'bank account number', pattern: IBAN, confirm: bankAccount },
  { kind: 'card number', pattern: CARD, confirm: card },
  { kind: 'phone number', pattern: PHONE },
  { kind: 'IP address', pattern: IPV4, confirm: match => (isHostV4(match[0]) ? spanOf(match) : null) },
  { kind: 'IP address', pattern: IPV6, confirm: hostV6 },
  { kind: 'MAC address', pattern: MAC, confirm: match => (/[A-Fa-f]/.test(match[0]) ? spanOf(match) : null) },
  { kind: 'IP address', pattern: LABELLED_IPV6, confirm: hostV6 },
  { kind: 'IP address', pattern: IPV6_NAME },
]

function spanOf(match: RegExpExecArray, length = match[0].length): Span {
  return [match.index, match.index + length]
}

/** The key up to its end marker, or to the end of a truncated text. */
function wholeKey(match: RegExpExecArray): Span {
  const end = match.input.indexOf('-----END', match.index)
  const line = end < 0 ? -1 : match.input.indexOf('-----', end + 8)
  return [match.index, line < 0 ? match.input.length : line + 5]
}

function wholeMail(match: RegExpExecArray): Span {
  const { input, index } = match
  const end = index + match[0].length
  const earliest = Math.max(0, index - MAX_LOCAL_PART)
  if (input[index - 1] === '"') {
    const quote = input.lastIndexOf('"', index - 2)
    return [Math.max(quote, earliest), end]
  }
  let start = index
  const isLocal = (at: number) =>
    LOCAL_PART.test(input[at] as string) || (input[at] === "'" && at > 0 && at < index - 1 && LETTER.test(input[at - 1] as string))
  while (start > earliest && isLocal(start - 1)) start--
  return [start, end]
}

function isHostV4(text: string): boolean {
  // Loopback and "any" identify no machine, and 120.0.0.0 is a browser's version.
  const numbers = text.match(/\d+/g)?.map(Number) ?? []
  return numbers.every(number => number <= 255) && !/^(?:127|0)\.|\.0\.0\.0$/.test(numbers.join('.'))
}

/** An address may end a clause, as in `dial 2001:db8::1: refused`. */
function hostV6(match: RegExpExecArray): Span | null {
  const [address] = match[0].split(/(?<!:):$/) as [string]
  return isHostV6(address) ? spanOf(match, address.length) : null
}

function isHostV6(text: string): boolean {
  const groups = text.split(':').filter(group => group !== '').length
  return (groups >= 3 || IPV6_IN_USE.test(text)) && /\d/.test(text) && isIPv6(text)
}

/** The span of a card number; a further group of four digits is not part of it. */
function card(match: RegExpExecArray): Span | null {
  const [text] = match
  if (isCard(text)) return spanOf(match)
  const last = text.search(/\D\d*$/)
  return last > 0 && isCard(text.slice(0, last)) ? spanOf(match, last) : null
}

function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, '')
  if (!CARD_ISSUER.test(digits)) return false
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}

/** ISO 13616: with the first four characters moved to the end and letters as numbers, the remainder by 97 is 1. */
function bankAccount({ 0: text, index }: RegExpExecArray): Span | null {
  const length = IBAN_LENGTHS.get(text.slice(0, 2).toUpperCase())
  if (length === undefined) return null
  let number = ''
  let end = 0
  for (; number.length < length; end++) {
    if (end === text.length) return null
    if (!isGap(text.charCodeAt(end))) number += text[end]
  }
  let remainder = 0
  for (let i = 0; i < length; i++) {
    const code = number.charCodeAt((i + 4) % length)
    remainder = (code < 65 ? remainder * 10 + code - 48 : remainder * 100 + (code & 0x5f) - 55) % 97
  }
  return remainder === 1 ? [index, index + end] : null
}

/** The separators that {@link IBAN} allows. */
const isGap = (code: number): boolean => ' ./_\t-'.includes(String.fromCharCode(code))
