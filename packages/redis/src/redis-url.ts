/** The parts of a `REDIS_URL`. */
export interface RedisAddress {
  /** One server, or the seed nodes of a cluster. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly cluster: boolean
  readonly tls: boolean
  readonly username?: string
  readonly password?: string
  /** The numbered database; always 0 in a cluster. */
  readonly database: number
}

const FORMS = 'redis://[user:password@]host[:port][/database], rediss:// (TLS) or redis+cluster://[user:password@]host:port,…[?tls=1]'
const DEFAULT_PORT = 6379

/**
 * Parses `redis://`, `rediss://` and `redis+cluster://`. The characters `@ : / ? # %` in user names and passwords must be percent-encoded.
 * @throws RangeError (code `invalid_redis_url`) that names the wrong part, and never contains the password
 */
export function parseRedisUrl(url: string): RedisAddress {
  const match = /^(redis|rediss|redis\+cluster):\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^/?#]*))?(?:\?([^#]*))?$/.exec(url)
  const [, scheme = '', credentials, hosts = '', database = '', query = ''] = match ?? []
  if (!match) throw invalid(`expected ${FORMS}`)
  const cluster = scheme === 'redis+cluster'
  const nodes = hosts.split(',').map(host => nodeOf(host.trim(), cluster))
  if (!cluster && nodes.length > 1) throw invalid('several hosts are a cluster: redis+cluster://')
  if (!/^\d{0,5}$/.test(database)) throw invalid('the database after the host must be a number')
  if (cluster && Number(database) !== 0) throw invalid('a cluster has only database 0')
  return {
    nodes,
    cluster,
    tls: scheme === 'rediss' || readTls(query, cluster),
    ...readCredentials(credentials),
    database: Number(database),
  }
}

function nodeOf(text: string, portRequired: boolean): { host: string; port: number } {
  const [, host = '', port] = /^(\[[\da-fA-F:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/.exec(text) ?? []
  if (!host || Number(port) > 65_535) throw invalid('each host is a name or an address, and a port up to 65535')
  if (portRequired && port === undefined) throw invalid('each node of a cluster is host:port')
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? DEFAULT_PORT) }
}

function readTls(query: string, cluster: boolean): boolean {
  const parameters = new URLSearchParams(query)
  for (const [name, value] of parameters) {
    if (name !== 'tls' || !/^[01]$/.test(value)) throw invalid('the only parameter is tls=0 or tls=1')
    if (!cluster) throw invalid('tls=1 belongs to redis+cluster://; rediss:// is one server with TLS')
  }
  return parameters.get('tls') === '1'
}

function readCredentials(text: string | undefined): Pick<RedisAddress, 'username' | 'password'> {
  if (!text) return {}
  const colon = text.indexOf(':')
  if (colon < 0) throw invalid('the part before @ must be user:password or :password')
  const [username, password] = [text.slice(0, colon), text.slice(colon + 1)].map(decode)
  return { ...(username && { username }), ...(password && { password }) }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid('a % in the user name or password must be written %25')
  }
}

const invalid = (reason: string) => Object.assign(new RangeError(`REDIS_URL: ${reason}`), { code: 'invalid_redis_url', retryable: false })
