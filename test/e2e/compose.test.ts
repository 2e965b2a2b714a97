import { answersReady, eventually, freePort, type SpawnedProcess, tempFolder } from '@northstar/testkit'
import { afterAll, describe, expect, test } from 'vitest'
import { environmentOf, ownServices, readCompose } from '../deploy/compose.ts'
import { post } from '../support/load.ts'
import { type Env, startNorthstarBare } from '../support/northstar.ts'
import { allServers } from '../support/servers.ts'

const servers = allServers()
const WRITE_KEY = 'a-write-key-of-compose'
const ADMIN_TOKEN = 'an-admin-token-of-compose'

describe.skipIf(!servers)('every service of the Compose file starts from exactly the environment that it gives', async () => {
  const compose = await readCompose({
    NORTHSTAR_WRITE_KEY: WRITE_KEY,
    NORTHSTAR_ADMIN_TOKEN: ADMIN_TOKEN,
    NORTHSTAR_SECRET: 'a-secret-of-compose-of-thirty-two-characters',
    CLICKHOUSE_PASSWORD: 'northstar',
    CLICKHOUSE_ANALYST_PASSWORD: 'northstar',
  })
  const running = new Map<string, { readonly process: SpawnedProcess; readonly url: string }>()
  const data = await tempFolder('compose')
  afterAll(async () => {
    await Promise.all([...running.values()].map(({ process }) => process.stop()))
    await data.remove()
  })

  /** Hosts and ports that mean something only between containers, and the folder, are replaced; nothing is added. */
  async function environment(service: string): Promise<{ env: Env; port: number }> {
    const port = await freePort()
    const given = environmentOf(compose, service)
    const inside = new URL(given.CLICKHOUSE_URL ?? '')
    const outside = new URL(servers?.clickhouseUrl ?? '')
    outside.pathname = inside.pathname
    const env = environmentOf(compose, service, {
      KAFKA_BROKERS: servers?.brokers ?? '',
      REDIS_URL: servers?.redisUrl ?? '',
      CLICKHOUSE_URL: outside.href,
      NORTHSTAR_HOST: '127.0.0.1',
      NORTHSTAR_PORT: String(port),
      NORTHSTAR_METRICS_PORT: String(await freePort()),
      NORTHSTAR_DATA_DIR: data.path,
    })
    expect(Object.keys(env)).toEqual(Object.keys(given))
    return { env, port }
  }

  /** `command: [northstar, …]` */
  const argsOf = (service: string) => compose.services[service]?.command?.slice(1) ?? []

  test('migrate', async () => {
    const { env } = await environment('migrate')
    const migrate = await startNorthstarBare(argsOf('migrate'), env)
    expect((await migrate.exited).code, migrate.output).toBe(0)
  }, 60_000)

  test.each(ownServices(compose).filter(service => service !== 'migrate'))(
    '%s',
    async service => {
      const { env, port } = await environment(service)
      const process = await startNorthstarBare(argsOf(service), env)
      const url = `http://127.0.0.1:${port}`
      running.set(service, { process, url })
      await process.ready(() => answersReady(url))
    },
    60_000,
  )

  test('together they take an event and tell of it', async () => {
    const event = { event: 'downloads', id: 'compose', timestamp: '2026-01-16T12:00:00Z', user_id: 'u', properties: { channel: 'website' } }
    const sent = await post(running.get('ingest')?.url ?? '', JSON.stringify(event), { authorization: `Bearer ${WRITE_KEY}` })
    expect(sent.status).toBe(202)
    const question = `${running.get('api')?.url}/v1/metrics/downloads?period=total&from=2026-01-15&to=2026-01-22`
    await eventually(
      async () => {
        const answer = await fetch(question, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
        return ((await answer.json()) as { points: { value: number }[] }).points[0]?.value === 1
      },
      { timeoutMs: 60_000 },
    )
    const exits = await Promise.all([...running.values()].map(({ process }) => process.stop(10_000)))
    expect(exits.map(({ code }) => code)).toEqual(exits.map(() => 0))
  }, 120_000)
})
