import { isIP } from 'node:net'
import type { Role } from '@northstar/http-api'
import { z } from 'zod'

/** An empty variable means the same as an unset one. */
const text = z
  .string()
  .trim()
  .optional()
  .transform(value => value || undefined)

const list = text.transform(
  value =>
    value
      ?.split(',')
      .map(part => part.trim())
      .filter(Boolean) ?? [],
)

/** Folder names are not trimmed: they may end in a space. */
const folder = z
  .string()
  .optional()
  .transform(value => value || undefined)

/** A text that is sent in a header. */
const headerText = text.refine(
  value => value === undefined || /^[\x21-\x7e]{1,1024}$/.test(value),
  'must have only printable ASCII characters without blanks, since it is sent in a header',
)

const secretText = text.refine(
  value => value === undefined || value.length >= 32,
  'must have at least 32 characters: create one with "openssl rand -base64 32"',
)

/** An address such as `10.0.0.1`, or a network such as `10.0.0.0/8`. */
function isNetwork(value: string): boolean {
  const [address = '', prefix, ...rest] = value.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return bits > 0 && rest.length === 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
}

const httpUrl = text
  .refine(value => value === undefined || (URL.canParse(value) && /^https?:/.test(value)), 'must begin with http:// or https://')
  .refine(value => value === undefined || !/[?#@]/.test(value), 'must have no user, no query and no fragment')
  .transform(value => value?.replace(/\/+$/, ''))

const whole = (least: number, most: number) =>
  text
    .refine(
      value => value === undefined || (/^\d+$/.test(value) && Number(value) >= least && Number(value) <= most),
      `must be a whole number from ${least} to ${most}`,
    )
    .transform(value => (value === undefined ? undefined : Number(value)))

const oneOf = <const Word extends string>(...words: readonly Word[]) =>
  text.refine(
    (value): value is Word | undefined => value === undefined || words.some(word => word === value),
    `must be one of ${words.join(', ')}`,
  )

const flag = oneOf('0', '1', 'false', 'true').transform(value => value === '1' || value === 'true')

/** The address of a server with a host, by one of the schemes. */
const serverUrl = (...schemes: readonly string[]) =>
  text.refine(
    value =>
      value === undefined || schemes.some(scheme => value.startsWith(`${scheme}://`) && !/^[/?#]?$/.test(value.slice(scheme.length + 3))),
    `must begin with ${schemes
      .map(scheme => `${scheme}://`)
      .join(', ')
      .replace(/, ([^,]*)$/, ' or $1')} and name a host`,
  )

const environment = z.object({
  KAFKA_BROKERS: text,
  KAFKA_SSL: flag,
  KAFKA_SASL_MECHANISM: oneOf('plain', 'scram-sha-256', 'scram-sha-512'),
  KAFKA_SASL_USERNAME: text,
  KAFKA_SASL_PASSWORD: text,
  REDIS_URL: serverUrl('redis', 'rediss', 'redis+cluster'),
  CLICKHOUSE_URL: serverUrl('http', 'https'),
  CLICKHOUSE_ANALYST_URL: serverUrl('http', 'https'),
  NORTHSTAR_PRODUCT: folder.transform(value => value ?? 'deploy/products/caro'),
  NORTHSTAR_DATA_DIR: folder.transform(value => value ?? '.northstar'),
  // Brackets around an IPv6 address belong to URLs.
  NORTHSTAR_HOST: text.transform(value => value?.replace(/^\[(.*)\]$/, '$1') ?? '127.0.0.1'),
  NORTHSTAR_PORT: whole(0, 65_535).transform(value => value ?? 8080),
  NORTHSTAR_METRICS_PORT: whole(0, 65_535).transform(value => value ?? 9464),
  NORTHSTAR_URL: httpUrl,
  NORTHSTAR_PUBLIC_URL: httpUrl,
  NORTHSTAR_OIDC_ISSUER: httpUrl,
  NORTHSTAR_OIDC_CLIENT_ID: text,
  NORTHSTAR_OIDC_CLIENT_SECRET: text,
  NORTHSTAR_OIDC_SCOPE: text.transform(value => value ?? 'openid profile email'),
  NORTHSTAR_OIDC_ROLE_CLAIM: text.transform(value => value ?? 'groups'),
  NORTHSTAR_OIDC_ADMINS: list,
  NORTHSTAR_OIDC_RESPONDERS: list,
  NORTHSTAR_OIDC_ANALYSTS: list,
  NORTHSTAR_OIDC_READERS: list,
  NORTHSTAR_OIDC_SENSITIVE: list,
  NORTHSTAR_WRITE_KEY: headerText,
  NORTHSTAR_ADMIN_TOKEN: secretText.pipe(headerText),
  NORTHSTAR_SECRET: secretText,
  NORTHSTAR_TRUSTED_PROXIES: list.refine(
    proxies => proxies.every(isNetwork),
    'must be addresses or networks separated by commas, such as 10.0.0.0/8,192.168.1.5',
  ),
  NORTHSTAR_RETENTION_DAYS: whole(1, 36_500).transform(value => value ?? 730),
  NORTHSTAR_EVENTS_PER_SECOND: whole(0, 1_000_000_000).transform(value => value ?? 100_000),
  NORTHSTAR_ALLOW_PRIVATE_TARGETS: flag,
  NORTHSTAR_REQUIRE_SANDBOX: flag,
  NORTHSTAR_PARTITIONS: whole(1, 1024),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').transform(value => value ?? 'info'),
})

export type Environment = Readonly<Record<string, string | undefined>>

export interface KafkaSettings {
  readonly brokers: readonly string[]
  readonly ssl: boolean
  readonly sasl?: { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; readonly username: string; readonly password: string }
}

/** Sign-in through an OpenID Connect issuer. */
export interface OidcSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: string
  readonly scope: string
  /** The claim that determines the role: a string or a list of strings. */
  readonly roleClaim: string
  /** Values of the claim for each role; `*` matches everyone who can sign in. */
  readonly values: Readonly<Record<Role, readonly string[]>>
  /** Values of the claim that grant access to sensitive properties. */
  readonly sensitive: readonly string[]
}

/** The settings of a process. Without the address of a server, the embedded store is used. */
export interface Settings {
  readonly kafka?: KafkaSettings
  readonly redisUrl?: string
  readonly clickhouseUrl?: string
  /** The ClickHouse account for ad-hoc SQL. */
  readonly analystUrl?: string
  readonly productFolder: string
  readonly dataDir: string
  readonly host: string
  readonly port: number
  readonly metricsPort: number
  /** Address of a running Northstar, for commands. */
  readonly url: string
  /** Address of this process on this machine. */
  readonly localUrl: string
  /** Address at which people reach Northstar, without a slash at the end. */
  readonly publicUrl?: string
  readonly oidc?: OidcSettings
  readonly writeKey?: string
  readonly adminToken?: string
  /** Addresses and networks of proxies whose `X-Forwarded-*` headers are trusted. */
  readonly trustedProxies: readonly string[]
  /** The secret from which the keys of pseudonyms, identities and seals are derived. */
  readonly secret?: string
  /** Days after which the warehouse deletes events; older ones are refused at ingest. */
  readonly retentionDays: number
  /** Default limit of a write key at one process, events a second; 0 is no limit. */
  readonly eventsPerSecond: number
  readonly allowPrivateTargets: boolean
  /** Refuse ad-hoc SQL if the process that runs it cannot be isolated. */
  readonly requireSandbox: boolean
  /** Partitions of the event log, used when it is created. */
  readonly partitions: number
  /** Values of `${NAME}` in product files. */
  readonly environment: Environment
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
}

/** Variables of the environment are invalid; the message lists each with the expected value. */
export class SettingsInvalid extends Error {
  readonly code = 'settings_invalid'
  constructor(problems: readonly string[]) {
    super(`these settings are invalid:\n${problems.map(problem => `  ${problem}`).join('\n')}`)
    this.name = 'SettingsInvalid'
  }
}

/** Reads the settings; called once in a process. @throws {@link SettingsInvalid} */
export function readSettings(env: Environment = process.env): Settings {
  const parsed = environment.safeParse(env)
  if (!parsed.success) throw new SettingsInvalid(parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`))
  const e = parsed.data
  const kafka = e.KAFKA_BROKERS ? kafkaSettings(e.KAFKA_BROKERS, e) : undefined
  const localUrl = localAddress(e.NORTHSTAR_HOST, e.NORTHSTAR_PORT)
  return {
    kafka,
    redisUrl: e.REDIS_URL,
    clickhouseUrl: e.CLICKHOUSE_URL,
    analystUrl: e.CLICKHOUSE_ANALYST_URL,
    productFolder: e.NORTHSTAR_PRODUCT,
    dataDir: e.NORTHSTAR_DATA_DIR,
    host: e.NORTHSTAR_HOST,
    port: e.NORTHSTAR_PORT,
    metricsPort: e.NORTHSTAR_METRICS_PORT,
    url: e.NORTHSTAR_URL ?? localUrl,
    localUrl,
    publicUrl: e.NORTHSTAR_PUBLIC_URL,
    oidc: oidcSettings(e),
    writeKey: e.NORTHSTAR_WRITE_KEY,
    adminToken: e.NORTHSTAR_ADMIN_TOKEN,
    trustedProxies: e.NORTHSTAR_TRUSTED_PROXIES,
    secret: e.NORTHSTAR_SECRET,
    retentionDays: e.NORTHSTAR_RETENTION_DAYS,
    eventsPerSecond: e.NORTHSTAR_EVENTS_PER_SECOND,
    allowPrivateTargets: e.NORTHSTAR_ALLOW_PRIVATE_TARGETS,
    requireSandbox: e.NORTHSTAR_REQUIRE_SANDBOX,
    partitions: e.NORTHSTAR_PARTITIONS ?? (kafka ? 8 : 1),
    environment: env,
    logLevel: e.LOG_LEVEL,
  }
}

/** `http://host:port` for this machine: a wildcard address becomes loopback, an IPv6 address is put in brackets. */
export function localAddress(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

function oidcSettings(e: z.infer<typeof environment>): OidcSettings | undefined {
  if (e.NORTHSTAR_OIDC_ISSUER === undefined) return undefined
  if (e.NORTHSTAR_OIDC_CLIENT_ID === undefined) {
    throw new SettingsInvalid(['NORTHSTAR_OIDC_CLIENT_ID: is required with NORTHSTAR_OIDC_ISSUER'])
  }
  return {
    issuer: e.NORTHSTAR_OIDC_ISSUER,
    clientId: e.NORTHSTAR_OIDC_CLIENT_ID,
    clientSecret: e.NORTHSTAR_OIDC_CLIENT_SECRET,
    scope: e.NORTHSTAR_OIDC_SCOPE,
    roleClaim: e.NORTHSTAR_OIDC_ROLE_CLAIM,
    values: {
      admin: e.NORTHSTAR_OIDC_ADMINS,
      responder: e.NORTHSTAR_OIDC_RESPONDERS,
      analyst: e.NORTHSTAR_OIDC_ANALYSTS,
      read: e.NORTHSTAR_OIDC_READERS,
    },
    sensitive: e.NORTHSTAR_OIDC_SENSITIVE,
  }
}

function kafkaSettings(brokers: string, e: z.infer<typeof environment>): KafkaSettings {
  const list = brokers.split(',').map(broker => broker.trim())
  const wrong = list.filter(broker => !/^[^:\s]+:\d{1,5}$/.test(broker) || Number(broker.split(':')[1]) > 65_535)
  if (wrong.length > 0)
    throw new SettingsInvalid([`KAFKA_BROKERS: expected host:port,… and found ${wrong.map(broker => `"${broker}"`).join(', ')}`])
  if (!e.KAFKA_SASL_MECHANISM) {
    if (e.KAFKA_SASL_USERNAME || e.KAFKA_SASL_PASSWORD)
      throw new SettingsInvalid(['KAFKA_SASL_MECHANISM: is required with KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD'])
    return { brokers: list, ssl: e.KAFKA_SSL }
  }
  if (!e.KAFKA_SASL_USERNAME || !e.KAFKA_SASL_PASSWORD)
    throw new SettingsInvalid(['KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD: both are needed with KAFKA_SASL_MECHANISM'])
  return {
    brokers: list,
    ssl: e.KAFKA_SSL,
    sasl: { mechanism: e.KAFKA_SASL_MECHANISM, username: e.KAFKA_SASL_USERNAME, password: e.KAFKA_SASL_PASSWORD },
  }
}
