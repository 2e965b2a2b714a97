/** Prefixes by which vendors make their tokens recognisable, and the pattern of the rest. */
const TOKENS: readonly (readonly [prefix: string, rest: string])[] = [
  ['A(?:KIA|SIA|GPA|IDA|ROA)', '[0-9A-Z]{16}(?![A-Za-z0-9])'],
  ['gh[oprsu]_', '[A-Za-z0-9]{20,}'],
  ['github_pat_', '\\w{20,}'],
  ['gl(?:pat|rt|dt|ptt|soat|ft|imt|agent)-', '[\\w-]{20,}'],
  ['xox[abeoprs]-', '[\\w-]{10,}'],
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
]

export const TOKEN_BEGINNINGS: readonly string[] = TOKENS.map(([prefix]) => prefix)

export const TOKEN = new RegExp(`(?<![A-Za-z0-9_])(?:${TOKENS.map(([prefix, rest]) => prefix + rest).join('|')})`, 'g')

/** Begins only at the start of its run of characters: otherwise `eyJ-eyJ-…` would be searched to its end from each `eyJ`. */
export const JSON_WEB_TOKEN = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g

export const AUTHORIZATION = /(?<![A-Za-z])(?:Bearer|bearer|Basic|basic) {1,4}([A-Za-z0-9._~+/=-]{16,})/dg

/** The user name in a URL, with or without a password. */
export const URL_USER = /:\/\/([^\s/:@]{1,64}(?::[^\s/@]{1,128})?)@/dg

export const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY/g
