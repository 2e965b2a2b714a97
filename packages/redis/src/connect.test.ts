import { type RunningRedis, type RunningRedisCluster, startRedis, startRedisCluster } from '@northstar/testkit'
import { serverFor } from '@northstar/testkit/vitest'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { connectRedis } from './connect.ts'

const available = serverFor('redis')
const PASSWORD = 'pass @:/?#% word'

/** The reply to an `ECHO` that crosses the whole way: TCP, TLS where it is spoken, authentication. */
async function echo(url: string): Promise<string> {
  const client = connectRedis(url)
  try {
    return await Promise.race([
      client.echo('hello'),
      new Promise<never>((_, reject) => client.on('error', reject)),
      // A cluster reports the failures of its nodes as those of attempts, and goes on.
      new Promise<never>((_, reject) => client.on('node error', reject)),
    ])
  } finally {
    client.disconnect()
  }
}

describe.skipIf(!available)('every form of REDIS_URL reaches a real server', () => {
  let plain: RunningRedis
  let secured: RunningRedis
  let cluster: RunningRedisCluster
  let securedCluster: RunningRedisCluster
  beforeAll(async () => {
    const tls = inject('certificate')
    ;[plain, secured, cluster, securedCluster] = await Promise.all([
      startRedis({ password: PASSWORD }),
      startRedis({ password: PASSWORD, tls }),
      startRedisCluster({ password: PASSWORD }),
      startRedisCluster({ password: PASSWORD, tls }),
    ])
  })
  afterAll(() => Promise.all([plain, secured, cluster, securedCluster].map(server => server?.stop())))

  const withUser = (url: string) => url.replace('//:', '//default:')
  const withoutPassword = (url: string) => url.replace(/\/\/[^@]*@/, '//')
  const FORMS = [
    ['redis://', () => plain.url],
    ['rediss://', () => secured.url],
    ['redis+cluster://', () => cluster.url],
    ['redis+cluster://…?tls=1', () => securedCluster.url],
  ] as const

  test.each(FORMS)('%s with a password, alone or with the user', async (_, url) => {
    expect(await echo(url())).toBe('hello')
    expect(await echo(withUser(url()))).toBe('hello')
  })

  test.each(FORMS)('%s without the password is refused', async (_, url) => {
    await expect(echo(withoutPassword(url()))).rejects.toThrow(/NOAUTH|Authentication|refresh slots/)
  })

  test('a database is selected', async () => {
    const client = connectRedis(`${plain.url}/2`)
    try {
      expect(await client.client('INFO')).toContain(' db=2 ')
    } finally {
      client.disconnect()
    }
  })

  test('plain text is not spoken where TLS is asked for, nor TLS where it is not', async () => {
    await Promise.all([
      expect(echo(plain.url.replace('redis://', 'rediss://'))).rejects.toThrow(),
      expect(echo(secured.url.replace('rediss://', 'redis://'))).rejects.toThrow(),
    ])
  })

  test('a certificate for another name is refused', async () => {
    await expect(echo(secured.url.replace('localhost', '127.0.0.1'))).rejects.toThrow(/altnames/)
  })

  test('every node of a cluster is reached under TLS', async () => {
    const client = connectRedis(securedCluster.url)
    try {
      for (let i = 0; i < 50; i++) await client.set(`key-${i}`, i)
      expect(await client.get('key-49')).toBe('49')
    } finally {
      client.disconnect()
    }
  })
})
