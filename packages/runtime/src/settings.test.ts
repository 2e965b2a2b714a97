import { expect, it, test } from 'vitest'
import { addressError } from './metrics.ts'
import { readSettings, SettingsInvalid } from './settings.ts'

it.each([
  ['::1', 'http://[::1]:8080'],
  ['[::1]', 'http://[::1]:8080'],
  ['::', 'http://[::1]:8080'],
  ['0.0.0.0', 'http://127.0.0.1:8080'],
  ['localhost', 'http://localhost:8080'],
])('a process that listens on %s reaches itself at %s', (host, url) => {
  expect(readSettings({ NORTHSTAR_HOST: host })).toMatchObject({ url, localUrl: url })
})

it('the name of a folder may begin or end in a blank; other values are trimmed', () => {
  const settings = readSettings({ NORTHSTAR_DATA_DIR: 'data ', NORTHSTAR_PRODUCT: ' product', NORTHSTAR_WRITE_KEY: ' key ' })
  expect([settings.dataDir, settings.productFolder, settings.writeKey]).toEqual(['data ', ' product', 'key'])
})

test.each(['NORTHSTAR_ADMIN_TOKEN', 'NORTHSTAR_SECRET'])('%s of fewer than 32 characters is refused with the remedy', name => {
  expect(() => readSettings({ [name]: 'a'.repeat(31) })).toThrow(SettingsInvalid)
  expect(() => readSettings({ [name]: 'a'.repeat(31) })).toThrow(new RegExp(`${name}.*at least 32 characters.*openssl rand`, 's'))
  expect(() => readSettings({ [name]: 'a'.repeat(32) })).not.toThrow()
})

test.each([
  ['NORTHSTAR_TRUSTED_PROXIES', '10.0.0.0/33'],
  ['NORTHSTAR_TRUSTED_PROXIES', 'proxy.example.org'],
  ['NORTHSTAR_PORT', '70000'],
  ['NORTHSTAR_PUBLIC_URL', 'northstar.example.org'],
  ['REDIS_URL', 'localhost:6379'],
  ['KAFKA_SASL_MECHANISM', 'gssapi'],
])('a wrong value of %s is refused by name', (name, value) => {
  expect(() => readSettings({ [name]: value })).toThrow(new RegExp(name))
})

test.each([
  ['EADDRINUSE', 'NORTHSTAR_METRICS_PORT'],
  ['EADDRNOTAVAIL', 'NORTHSTAR_HOST'],
  ['ENOTFOUND', 'NORTHSTAR_HOST'],
])('an address that cannot be used for %s names %s', (code, setting) => {
  const cause = Object.assign(new Error('listen'), { code })
  expect(addressError('NORTHSTAR_METRICS_PORT', 'host', 9464, cause).message).toContain(`choose another with ${setting}`)
})

const NAMES = [
  ...['KAFKA_SSL', 'KAFKA_SASL_MECHANISM', 'REDIS_URL', 'CLICKHOUSE_URL', 'NORTHSTAR_HOST', 'NORTHSTAR_PORT', 'NORTHSTAR_METRICS_PORT'],
  ...['NORTHSTAR_URL', 'NORTHSTAR_PUBLIC_URL', 'NORTHSTAR_ADMIN_TOKEN', 'NORTHSTAR_SECRET', 'NORTHSTAR_TRUSTED_PROXIES', 'LOG_LEVEL'],
  ...['NORTHSTAR_RETENTION_DAYS', 'NORTHSTAR_EVENTS_PER_SECOND', 'NORTHSTAR_PARTITIONS', 'NORTHSTAR_ALLOW_PRIVATE_TARGETS'],
]
test.each(NAMES)('%s that is empty or blank is the same as unset', name => {
  for (const value of ['', '  '])
    expect({ ...readSettings({ [name]: value }), environment: {} }).toEqual({ ...readSettings({}), environment: {} })
})

test.each([
  ['NORTHSTAR_PORT', 'NaN', 'must be a whole number from 0 to 65535'],
  ['NORTHSTAR_PORT', '-1', 'must be a whole number from 0 to 65535'],
  ['NORTHSTAR_PORT', '0x10', 'must be a whole number from 0 to 65535'],
  ['NORTHSTAR_EVENTS_PER_SECOND', '1.5', 'must be a whole number'],
  ['NORTHSTAR_ALLOW_PRIVATE_TARGETS', 'yes', 'must be one of 0, 1, false, true'],
  ['KAFKA_SASL_MECHANISM', 'gssapi', 'must be one of plain, scram-sha-256, scram-sha-512'],
  ['NORTHSTAR_WRITE_KEY', 'a b', 'must have only printable ASCII characters without blanks'],
  ['NORTHSTAR_WRITE_KEY', 'klíč', 'must have only printable ASCII characters without blanks'],
  ['NORTHSTAR_ADMIN_TOKEN', 'a token of thirty-two characters or more', 'must have only printable ASCII characters without blanks'],
  ['NORTHSTAR_PUBLIC_URL', 'https://northstar.example.org/?page=1', 'must have no user, no query and no fragment'],
  ['NORTHSTAR_PUBLIC_URL', 'https://user:password@northstar.example.org', 'must have no user, no query and no fragment'],
  ['NORTHSTAR_URL', 'http://localhost:8080/#alerts', 'must have no user, no query and no fragment'],
  ['KAFKA_BROKERS', 'kafka:99999', 'expected host:port,… and found "kafka:99999"'],
  ['LOG_LEVEL', 'loud', 'must be one of fatal, error, warn, info, debug, trace, silent'],
  ['REDIS_URL', 'redis://', 'must begin with redis://, rediss:// or redis+cluster:// and name a host'],
  ['CLICKHOUSE_URL', 'http://', 'must begin with http:// or https:// and name a host'],
])('%s=%s is refused with the remedy', (name, value, remedy) => {
  expect(() => readSettings({ [name]: value })).toThrow(`${name}: ${remedy}`)
})

test('a password of Kafka without its mechanism is refused rather than left out', () => {
  const given = { KAFKA_BROKERS: 'kafka:9092', KAFKA_SASL_USERNAME: 'northstar', KAFKA_SASL_PASSWORD: 'secret' }
  expect(() => readSettings(given)).toThrow('KAFKA_SASL_MECHANISM: is required with')
})
