import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { readSettings } from '@northstar/runtime'
import { tempFolder } from '@northstar/testkit'
import { serverFor } from '@northstar/testkit/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import { compose } from './compose.ts'
import type { Configs } from './context.ts'
import { ALL_ROLES, type Role } from './roles.ts'

const [brokers, redisUrl, clickhouseUrl] = [serverFor('kafka'), serverFor('redis'), serverFor('clickhouse')]

/** Settings that reach components, each unlike its default. */
const VARIANTS: readonly (readonly [name: string, env: Readonly<Record<string, string>>])[] = [
  ['the defaults', {}],
  ['a public address', { NORTHSTAR_PUBLIC_URL: 'https://northstar.example', NORTHSTAR_TRUSTED_PROXIES: '10.0.0.0/8' }],
  ['limits and a retention', { NORTHSTAR_RETENTION_DAYS: '30', NORTHSTAR_EVENTS_PER_SECOND: '500', NORTHSTAR_ALLOW_PRIVATE_TARGETS: '1' }],
  [
    'single sign-on',
    {
      NORTHSTAR_PUBLIC_URL: 'https://northstar.example',
      NORTHSTAR_OIDC_ISSUER: 'https://issuer.example',
      NORTHSTAR_OIDC_CLIENT_ID: 'northstar',
      NORTHSTAR_OIDC_CLIENT_SECRET: 'a client secret',
      NORTHSTAR_OIDC_ADMINS: 'operators',
    },
  ],
]

describe.skipIf(!brokers || !redisUrl || !clickhouseUrl)('the same settings reach the same component', async () => {
  const data = await tempFolder('compose')
  afterAll(() => data.remove())

  async function configsOf(roles: readonly Role[], env: Readonly<Record<string, string>>): Promise<Partial<Configs>> {
    const database = new URL(clickhouseUrl ?? '')
    database.pathname = '/compose_configs'
    const settings = readSettings({
      KAFKA_BROKERS: brokers,
      REDIS_URL: redisUrl,
      CLICKHOUSE_URL: database.href,
      NORTHSTAR_PRODUCT: fileURLToPath(new URL('../../../deploy/products/webshop', import.meta.url)),
      NORTHSTAR_DATA_DIR: data.path,
      NORTHSTAR_SECRET: 'a-secret-of-the-compose-test-0123456789',
      NORTHSTAR_ADMIN_TOKEN: 'an-admin-token-of-the-compose-test-0123',
      NORTHSTAR_WRITE_KEY: 'a-write-key-of-the-compose-test',
      LOG_LEVEL: 'silent',
      ...env,
    })
    const { configs, components } = await compose(settings, roles)
    for (const component of components.toReversed()) await component.stop()
    return configs
  }

  test.each(VARIANTS)('in every role as in "up": %s', async (_, env) => {
    const whole = await configsOf(ALL_ROLES, env)
    const seen = new Set<string>()
    for (const role of ALL_ROLES) {
      for (const [component, config] of Object.entries(await configsOf([role], env))) {
        seen.add(component)
        expect(config, `${component} in the role ${role}`).toEqual(whole[component as keyof Configs])
      }
    }
    expect([...seen].sort()).toEqual(Object.keys(whole).sort())
  })

  test('a setting that is changed reaches each component that has it', async () => {
    const [plain, changed] = [
      await configsOf(ALL_ROLES, {}),
      await configsOf(ALL_ROLES, Object.assign({}, ...VARIANTS.map(([, env]) => env))),
    ]
    const differing = Object.keys(plain).filter(name => !isDeepStrictEqual(plain[name as keyof Configs], changed[name as keyof Configs]))
    expect(differing).toEqual(expect.arrayContaining(['ingest', 'alerts', 'auth']))
  })
})
