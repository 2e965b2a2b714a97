/** Prefixes by which vendors make their tokens recognisable, the pattern of the rest, and a part to search for first where the prefix varies. */
const TOKENS: readonly (readonly [prefix: string, rest: string, mark?: string])[] = [
  ['A(?:KIA|SIA|GPA|IDA|ROA|BIA|CCA|NPA|NVA|PKA)', '[0-9A-Z]{16}(?![A-Za-z0-9])'],
  ['gh[oprsu]_', '[A-Za-z0-9]{20,}'],
  ['github_pat_', '\\w{20,}'],
  ['(?:gl(?:pat|rt|dt|ptt|soat|ft|imt|agent|cbt)-|GR1348941)', '[\\w-]{20,}'],
  ['xox[abcdeoprs][.-]', '[\\w.-]{10,}'],
  ['xapp-', '[\\w-]{10,}'],
  ['sk-', '[\\w-]{20,}'],
  ['[prs]k_(?:live|test)_', '[A-Za-z0-9]{10,}'],
  ['whsec_', '[A-Za-z0-9+/=]{20,}'],
  ['AIza', '[\\w-]{35}'],
  ['ya29\\.', '[\\w-]{20,}'],
  ['GOCSPX-', '[\\w-]{20,}'],
  ['npm_', '[A-Za-z0-9]{30,}'],
  ['pypi-', '[\\w-]{20,}'],
  ['rubygems_', '[a-f0-9]{40,}'],
  ['SG\\.', '[\\w-]{16,32}\\.[\\w-]{16,}'],
  ['hf_', '[A-Za-z0-9]{30,}'],
  ['do[opr]_v1_', '[a-f0-9]{32,}'],
  ['shp(?:at|ca|pa|ss)_', '[A-Fa-f0-9]{32,}'],
  ['lin_api_', '\\w{20,}'],
  ['dckr_pat_', '[\\w-]{20,}'],
  ['dapi', '[a-f0-9]{32}'],
  ['hvs\\.', '[\\w-]{20,}'],
  ['gl(?:sa|c)_', '\\w{20,}'],
  ['sntry[su]_', '[\\w+/=]{20,}'],
  ['phx_', '\\w{20,}'],
  ['ntn_', '\\w{20,}'],
  ['figd_', '[\\w-]{20,}'],
  ['sbp_', '[a-f0-9]{40}'],
  ['ATATT3', '[\\w=-]{20,}'],
  ['NRAK-', '[A-Z0-9]{20,}'],
  ['sq0(?:atp|csp)-', '[\\w-]{20,}'],
  ['AGE-SECRET-KEY-1', '[A-Z0-9]{20,}'],
  ['ns[aw]_', '[\\w-]{20,}'],
  ['gsk_|xai-|pplx-', '[A-Za-z0-9]{40,}'],
  ['CFPAT-', '[\\w-]{40,}'],
  ['tskey-', '[\\w-]{20,}'],
  ['pscale_(?:tkn|oauth|pw)_', '[\\w.-]{20,}'],
  ['1//0', '[\\w-]{30,}'],
  ['[\\w~.]{3}\\dQ~', '[\\w~.-]{31,}', '\\dQ~'],
  ['r8_', '[A-Za-z0-9]{37}'],
  ['SK', '[a-f0-9]{32}(?![A-Za-z0-9])'],
  ['PMAK-', '[a-f0-9]{24}-[a-f0-9]{34}'],
  ['pul-', '[a-f0-9]{40}'],
  ['atlasv1\\.', '[\\w-]{40,}'],
  ['(?:bot)?\\d{8,10}:AA', '[\\w-]{33}(?![\\w-])', '\\d:AA'],
]

export const TOKEN_BEGINNINGS: readonly string[] = TOKENS.map(([prefix, , mark = prefix]) => mark)

export const TOKEN = new RegExp(`(?<![A-Za-z0-9_])(?:${TOKENS.map(([prefix, rest]) => `(?:${prefix})${rest}`).join('|')})`, 'g')

/** Begins only at the start of its run of characters: otherwise `eyJ-eyJ-…` would be searched to its end from each `eyJ`. */
export const JSON_WEB_TOKEN = /(?<![\w-])eyJ[\w-]{8,}\.(?:[\w-]{8,}\.[\w-]*|\.[\w-]{8,})/g

/** The credentials of an HTTP header: with a digit, or too long for a word. Of cookies, and of schemes with parameters, the rest of the line. */
export const AUTHORIZATION = new RegExp(
  [
    /(?<![A-Za-z])(?:[Bb]earer|BEARER|[Bb]asic|BASIC|(?<=uthorization["']?: ["']?)(?:[Tt]oken|ApiKey|apikey)) {1,4}((?=[A-Za-z._~+/=-]{0,64}\d)[A-Za-z0-9._~+/=-]{12,}|[A-Za-z._~+/=-]{20,})/,
    /uthorization["']?: ["']?(?:Digest|Negotiate|NTLM|AWS4-[\w-]{1,32}) {1,4}([^\r\n]{8,4096})/,
    /[Cc]ookie["']?: {0,2}["']?([\w.-]{1,64}=[^\s"';,]{16,4096}[^\r\n"']{0,4096})/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'dg',
)

const PASSWORD = 'pass(?:word|wd|phrase)'
const KEY = '(?:api|access|account|private|secret|auth|sas|shared[_-]?access|session|refresh)[_-]?(?:access[_-]?)?(?:key|token|signature)'
/** `PWD=/srv` is the working folder. */
const NAMES = `(?:pg)?${PASSWORD}|pwd(?!=["']?(?:[/~]|[a-z]:))|(?:client[_-]?)?secret|${KEY}|token|sig(?:nature)?|_auth`
const VALUE = String.raw`[^\s"'&;,<>(){}[\]$%*]`
/** A value with a digit, as no variable of a source line is likely to have. */
const NUMBERED = String.raw`(?=[^\s"'&;,.(]{0,64}\d)${VALUE}`

/** An assignment, a line of a configuration, and one of YAML. */
const LINES = [
  `(?:${NAMES})=["']?(${NUMBERED}{6,256})`,
  String.raw`${KEY} {1,3}= {1,3}["']?((?=[\w/+=~-]{0,64}\d)[\w/+=~-]{16,256})(?![\w.([/+=~-])`,
  `${PASSWORD}: {0,3}["']?(${NUMBERED}{6,256})`,
]

/**
 * The value of a password or key by its name: in a connection string or a query (`;Password=x`, `?sig=x`), in JSON or XML, as an assignment, an option
 * of a command, or a line of YAML or of a configuration.
 */
export const ASSIGNED = new RegExp(
  [
    String.raw`[;?&](?:${NAMES})=(${VALUE}[^\s"'&;,<>]{0,255})`,
    String.raw`["'](?:${NAMES})["'] {0,3}(?::|=>) {0,3}["'](${VALUE}[^\s"'<>]{0,255})`,
    String.raw`<(?:${NAMES})>([^\s<]{1,256})</`,
    String.raw`(?<![A-Za-z0-9])(?:\w{1,16}_)?(?:${LINES.join('|')})`,
    `--(?:${NAMES}) {1,2}["']?(${NUMBERED}{6,256})`,
    String.raw`jdbc:oracle:thin:([^\s/@]{1,64}/[^\s/@]{1,256})(?=@)`,
    String.raw`(?<![A-Za-z0-9])(?:x-)?(?:api|access|auth)[_-]?(?:key|token): {0,3}((?=[A-Za-z_.~+/=-]{0,64}\d)[\w.~+/=-]{16,256})`,
  ].join('|'),
  'dgi',
)

/** Addresses that allow posting messages without further credentials. */
export const HOOK =
  /(?:hooks\.slack\.com\/(?:services|workflows|triggers)\/|discord(?:app)?\.com\/api\/webhooks\/|webhook\.office\.com\/webhookb2\/|api\.telegram\.org\/bot|hooks\.zapier\.com\/hooks\/)[\w/:@-]{16,256}/g

/** Contained in everything that {@link ASSIGNED} or {@link HOOK} finds. */
export const SECRET_BEGINNING =
  /(?:[wW][oO][rR][dD]|[aA][sS][sS][wW][dD]|[pP][hH][rR][aA][sS][eE]|[pP][wW][dD]|[sS][eE][cC][rR][eE][tT]|[kK][eE][yY]|[tT][oO][kK][eE][nN]|[sS][iI][gG]|[uU][rR][eE])["']?[ ]{0,3}[=:>]|--[a-z_-]{3,32} |_auth=|uthorization["']?: |ookie["']?: |\/api\/webhooks\/|hooks\.(?:slack|zapier)|webhookb2|\.org\/bot/

/** The user name in a URL, with or without a password. */
export const URL_USER = /:\/\/([^\s/:@]{1,64}(?=@)|[^\s/:@]{0,64}:[^\s/?#]{0,256}(?=@))/dg

export const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY|PuTTY-User-Key-File-/g
