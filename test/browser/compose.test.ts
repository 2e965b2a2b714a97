import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  answersReady,
  eventually,
  freePort,
  type KafkaServer,
  type Receiver,
  type RunningClickHouse,
  type RunningRedis,
  type SpawnedProcess,
  spawnProcess,
  startClickHouse,
  startKafka,
  startReceiver,
  startRedis,
  type TempFolder,
  tempFolder,
} from '@northstar/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Compose, environmentOf, ownServices, readCompose } from '../deploy/compose.ts'
import { startBrowser } from '../support/browser.ts'
import { type Env, ROOT, startNorthstarBare } from '../support/northstar.ts'
import { findProgram } from '../support/programs.ts'
import { allServers } from '../support/servers.ts'
import { addressesOf } from './addresses.ts'
import { settled } from './page.ts'
import { chromium, createVisits } from './suite.ts'

const caddy = findProgram('caddy', 'test/browser/compose.test.ts')
const canRun = allServers() !== undefined && chromium !== undefined && caddy !== undefined

/** The lines of `.env` in the README. */
const DOT_ENV = {
  NORTHSTAR_SECRET: 'a-secret-of-compose-0123456789abcdef',
  NORTHSTAR_ADMIN_TOKEN: 'an-admin-token-of-compose-0123456789',
  NORTHSTAR_WRITE_KEY: 'a-write-key-of-compose',
  STORES_PASSWORD: 'thestorespassword',
}

describe.skipIf(!canRun)('the Compose file, each service started natively from exactly the environment that it gives', () => {
  let compose: Compose
  let dotEnv: Record<string, string>
  let folder: TempFolder
  let kafka: KafkaServer
  let redis: RunningRedis
  let clickhouse: RunningClickHouse
  let receiver: Receiver
  let browser: Browser
  let publicUrl: string
  let proxyPort: number
  const running = new Map<string, { readonly process: SpawnedProcess; readonly url: string }>()
  let proxy: SpawnedProcess | undefined
  const product = () => ({ browser, url: publicUrl, adminToken: DOT_ENV.NORTHSTAR_ADMIN_TOKEN })
  const { signedIn } = createVisits(product)
  const send = async (event: object) => expect((await post('/v1/events', DOT_ENV.NORTHSTAR_WRITE_KEY, [event])).status).toBe(202)

  beforeAll(async () => {
    folder = await tempFolder('compose')
    proxyPort = await freePort()
    publicUrl = `http://127.0.0.1:${proxyPort}`
    receiver = await startReceiver()
    dotEnv = {
      ...DOT_ENV,
      NORTHSTAR_PUBLIC_URL: publicUrl,
      NORTHSTAR_ALERT_WEBHOOK_URL: `${receiver.url}/hook`,
      NORTHSTAR_ALLOW_PRIVATE_TARGETS: '1',
    }
    compose = await readCompose(dotEnv)
    const credentials = { username: 'northstar', password: DOT_ENV.STORES_PASSWORD }
    ;[kafka, redis, clickhouse, browser] = await Promise.all([
      startKafka({ credentials, settings: brokerSettings(compose) }),
      startRedis({ password: DOT_ENV.STORES_PASSWORD }),
      startClickHouse({ password: DOT_ENV.STORES_PASSWORD, analystPassword: DOT_ENV.STORES_PASSWORD }),
      startBrowser(chromium ?? ''),
    ])
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await Promise.all([proxy?.stop(), ...[...running.values()].map(({ process }) => process.stop())])
    await Promise.all([kafka?.stop(), redis?.stop(), clickhouse?.stop(), receiver?.stop()])
    await folder?.remove()
  })

  /** Hosts and ports that mean something only between containers, and the folder, are replaced; nothing is added. */
  async function environment(service: string): Promise<{ env: Env; port: number }> {
    const port = await freePort()
    const given = environmentOf(compose, service, { dotEnv })
    const at = (url: string | undefined, real: string) => {
      const { port: realPort } = new URL(real)
      return Object.assign(new URL(url ?? ''), { hostname: '127.0.0.1', port: realPort }).href
    }
    const replace = {
      KAFKA_BROKERS: kafka.brokers,
      REDIS_URL: at(given.REDIS_URL, redis.url),
      CLICKHOUSE_URL: at(given.CLICKHOUSE_URL, clickhouse.url),
      CLICKHOUSE_ANALYST_URL: at(given.CLICKHOUSE_ANALYST_URL, clickhouse.url),
      NORTHSTAR_HOST: '127.0.0.1',
      NORTHSTAR_PORT: String(port),
      NORTHSTAR_METRICS_PORT: String(await freePort()),
      NORTHSTAR_DATA_DIR: folder.path,
      NORTHSTAR_TRUSTED_PROXIES: '127.0.0.1',
    }
    const env = environmentOf(compose, service, { dotEnv, replace })
    expect(Object.keys(env)).toEqual(Object.keys(given))
    return { env, port }
  }

  const post = (path: string, token: string, body: unknown) =>
    fetch(publicUrl + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const ask = async <T>(path: string): Promise<T> => {
    const answer = await fetch(publicUrl + path, { headers: { authorization: `Bearer ${DOT_ENV.NORTHSTAR_ADMIN_TOKEN}` } })
    expect(answer.status, path).toBe(200)
    return (await answer.json()) as T
  }
  /** `command: [northstar, …]` */
  const argsOf = (service: string) => compose.services[service]?.command?.slice(1) ?? []

  async function start(service: string): Promise<void> {
    const { env, port } = await environment(service)
    const process = await startNorthstarBare(argsOf(service), env)
    const url = `http://127.0.0.1:${port}`
    running.set(service, { process, url })
    await process.ready(() => answersReady(url))
  }

  test('the migration and every role start', async () => {
    const { env } = await environment('migrate')
    const migrate = await startNorthstarBare(argsOf('migrate'), env)
    expect((await migrate.exited).code, migrate.output).toBe(0)
    const services = ownServices(compose).filter(service => service !== 'migrate')
    await Promise.all(services.map(start))
  }, 120_000)

  test('Caddy, with the Caddyfile as shipped, makes one address of them', async () => {
    const hostOf = (service: string) => new URL(running.get(service)?.url ?? '').host
    await mkdir(join(folder.path, 'caddy'))
    proxy = await spawnProcess(caddy ?? '', ['run', '--adapter', 'caddyfile', '--config', join(ROOT, 'deploy/docker/Caddyfile')], {
      env: {
        NORTHSTAR_SITE: `http://127.0.0.1:${proxyPort}`,
        NORTHSTAR_INGEST: hostOf('ingest'),
        NORTHSTAR_API: hostOf('api'),
        CADDY_HEALTH_ADDRESS: `127.0.0.1:${await freePort()}`,
        HOME: join(folder.path, 'caddy'),
        XDG_DATA_HOME: undefined,
        XDG_CONFIG_HOME: undefined,
      },
    })
    await proxy.ready(() => answersReady(publicUrl))
    await send({
      event: 'downloads',
      id: 'compose',
      timestamp: '2026-01-16T12:00:00Z',
      user_id: 'u',
      properties: { channel: 'website', version: '1.1.0' },
    })
    await send({ event: 'github_issue', properties: { number: 7, action: 'opened', priority: 'P0' } })
    await eventually(
      async () => {
        const { points } = await ask<{ points: { value: number }[] }>('/v1/metrics/downloads?period=total&from=2026-01-15&to=2026-01-22')
        return points[0]?.value === 1
      },
      { timeoutMs: 60_000, what: 'the event is counted' },
    )
  }, 90_000)

  test('every page opens there, with its data, and so does whatever the pages link to', async () => {
    const addresses = await addressesOf(product())
    const page = await signedIn()
    const links = async () => {
      await settled(page)
      return page.locator('a[href^="/"]').evaluateAll(anchors => anchors.map(anchor => anchor.getAttribute('href')?.split(/[?#]/)[0] ?? ''))
    }
    const found = new Set([...addresses.values(), ...(await links())])
    // A set that grows while it is walked: pages name further pages.
    for (const path of found) {
      if (path.endsWith('.json') || path.startsWith('/v1/')) {
        await ask(path)
        continue
      }
      await page.goto(path)
      for (const link of await links()) found.add(link)
      await expectsNoTrouble(page, path)
    }
    const { metrics } = await ask<{ metrics: { name: string }[] }>('/v1/metrics')
    expect([...found]).toEqual(expect.arrayContaining(metrics.map(({ name }) => `/metrics/${name}`)))
  }, 240_000)

  test('a question in the address, its files, and a release that is compared', async () => {
    const page = await signedIn()
    const questions = [
      'downloads?period=day&range=30d&where.platform=linux&where.version=1.1.0&by=channel',
      'downloads?period=day&range=custom&from=2026-01-10&to=2026-01-20',
      'downloads?period=week&compare=year',
      'crash_rate?period=day&compare=release%3A1.1.0',
    ]
    for (const question of [...questions.map(one => `/metrics/${one}`), '/retention?period=day&range=30d&compare=previous']) {
      await page.goto(question)
      await settled(page)
      await expectsNoTrouble(page, question)
      if (question.startsWith('/retention')) continue
      for (const format of ['CSV', 'PNG']) {
        const download = page.waitForEvent('download')
        await page.getByRole('button', { name: `Export ${format}` }).click()
        expect((await download).suggestedFilename(), question).toMatch(new RegExp(`\\.${format.toLowerCase()}$`))
      }
    }
  }, 120_000)

  test('a warehouse that is down is late on the page, and what is live goes on', async () => {
    const page = await signedIn()
    await running.get('warehouse')?.process.stop(10_000)
    await send({ event: 'downloads', id: 'late', user_id: 'v', properties: { channel: 'website', version: '1.1.0' } })
    await page.goto('/health')
    const lag = page.getByRole('region', { name: 'Consumer lag' })
    await lag.getByText(/^\d+ records? behind$/).waitFor({ timeout: 30_000 })
    const lastDay = () => ask<{ source: string; points: { value: number }[] }>('/v1/metrics/downloads?period=total&from=-24h')
    await expect.poll(lastDay, { timeout: 60_000 }).toMatchObject({ source: 'live', points: [{ value: 1 }] })
    await start('warehouse')
    await page.goto('/health')
    await expect.poll(() => lag.getByText('Up to date').count(), { timeout: 60_000 }).toBe(2)
  }, 240_000)

  test('the SQL console runs a statement under the account of the analysts', async () => {
    // The browser logs the answer to the mistaken statement as an error.
    const page = await signedIn({ tolerates: /status of 400/ })
    await page.goto('/sql')
    await page.getByLabel('SQL statement').fill('SELECT channel, count() AS n FROM analytics.downloads GROUP BY channel')
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByText('1 row in').waitFor()
    expect(await page.getByRole('region', { name: 'Rows' }).getByRole('row').allTextContents()).toEqual(['channeln', 'website2'])
    await page.getByRole('radio', { name: 'Chart' }).check()
    await page.getByRole('figure').waitFor()
    await page.getByLabel('SQL statement').fill('SELECT chanel FROM analytics.downloads')
    await page.getByRole('button', { name: 'Run' }).click()
    await page
      .getByRole('alert')
      .getByText(/chanel/)
      .waitFor()
  }, 60_000)

  test('a notification arrives, its link opens the alert, which is acknowledged and silenced', async () => {
    const link = await eventually(() => linkIn(receiver), { timeoutMs: 60_000, what: 'the webhook received the alert' })
    expect(link.startsWith(`${publicUrl}/alerts?alert=`), link).toBe(true)
    const page = await signedIn()
    await page.goto(link)
    const main = page.getByRole('main')
    await page.locator(':focus').getByText('Firing', { exact: true }).waitFor()
    expect(await main.getByRole('heading', { level: 1 }).textContent()).toContain('1 critical bug open')
    await main.getByRole('button', { name: 'Acknowledge' }).click()
    await main
      .getByText(/^Acknowledged by /)
      .first()
      .waitFor()
    await main.getByRole('button', { name: 'Silence' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Comment').fill('Fix in progress')
    await dialog.getByRole('button', { name: 'Silence' }).click()
    await main.getByText('Silenced').first().waitFor()
    const { alerts } = await ask<{ alerts: { rule: string; acknowledged_by: string | null }[] }>('/v1/alerts')
    expect(alerts.find(({ rule }) => rule === 'p0_bugs_open')?.acknowledged_by).toBeTruthy()
  }, 120_000)

  test('the stores refuse a client without a password', async () => {
    const { env } = await environment('migrate')
    const redisUrl = env.REDIS_URL?.replace(DOT_ENV.STORES_PASSWORD, 'wrong') ?? ''
    const changes: readonly Env[] = [{ KAFKA_SASL_PASSWORD: 'wrong' }, { REDIS_URL: redisUrl }]
    for (const change of changes) {
      const port = await freePort()
      const refused = await startNorthstarBare(['serve', 'ingest'], { ...env, ...change, NORTHSTAR_PORT: String(port) })
      try {
        const ready = async () => (refused.exit === undefined ? answersReady(`http://127.0.0.1:${port}`) : false)
        await expect(eventually(ready, { timeoutMs: 5_000 })).rejects.toThrow()
      } finally {
        await refused.kill()
      }
    }
  }, 60_000)

  test('all of them stop in order', async () => {
    const exits = await Promise.all([...running.values()].map(({ process }) => process.stop(10_000)))
    expect(exits.map(({ code }) => code)).toEqual(exits.map(() => 0))
  }, 60_000)
})

/** The broker's settings as the image makes them of its environment, without addresses, which testkit chooses. */
function brokerSettings(compose: Compose): Record<string, string> {
  const { environment = {} } = compose.services.kafka ?? {}
  const addresses = /^KAFKA_(LISTENERS|ADVERTISED_LISTENERS|CONTROLLER_QUORUM_VOTERS|LOG_DIRS|HEAP_OPTS)$/
  return Object.fromEntries(
    Object.entries(environment)
      .filter(([name]) => name.startsWith('KAFKA_') && !addresses.test(name))
      .map(([name, value]) => [name.slice('KAFKA_'.length).toLowerCase().replaceAll('_', '.'), value]),
  )
}

async function expectsNoTrouble(page: Page, path: string): Promise<void> {
  await expect.poll(() => page.getByRole('heading').count(), { timeout: 10_000, message: `${path} has a heading` }).toBeGreaterThan(0)
  // The forms that sign in have an empty one.
  expect(
    (await page.getByRole('alert').allTextContents()).filter(text => text !== ''),
    path,
  ).toEqual([])
  expect(await page.getByRole('heading', { name: 'Page not found' }).count(), path).toBe(0)
}

/** The link to the alert in the webhook's message. */
function linkIn(receiver: Receiver): string | undefined {
  const bodies = receiver.requests.map(request => request.json() as { alerts: { labels: Record<string, string>; generatorURL: string }[] })
  return bodies.flatMap(({ alerts }) => alerts).find(({ labels }) => labels.alertname === 'p0_bugs_open')?.generatorURL
}
