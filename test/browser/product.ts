import { fileURLToPath } from 'node:url'
import { answersReady, freePort, type SpawnedProcess, spawnProcess, type TempFolder, tempFolder } from '@northstar/testkit'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

const NORTHSTAR = fileURLToPath(new URL('../../services/northstar/bin/northstar.js', import.meta.url))

export interface RunningProduct {
  readonly url: string
  readonly adminToken: string
  /** Sends events and resolves once they are in the log. */
  send(...events: readonly object[]): Promise<void>
  /** Sends events of which some are rejected. Resolves with their codes. */
  sendWrong(...events: readonly object[]): Promise<readonly string[]>
  /** Creates a read key. */
  readKey(): Promise<string>
  stop(): Promise<void>
}

export interface ProductOptions {
  readonly demo: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Prepares the data folder before the start. */
  readonly prepare?: (folder: string) => Promise<void>
}

/** The built program with its own data folder; with `demo`, after the simulated beta is loaded. */
export async function startProduct(options: ProductOptions): Promise<RunningProduct> {
  const folder: TempFolder = await tempFolder('browser')
  await options.prepare?.(folder.path)
  const [port, metricsPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const adminToken = 'nsa_the-admin-token-of-the-browser-tests'
  const writeKey = 'nsw_for-the-browser-tests'
  const child: SpawnedProcess = await spawnProcess(process.execPath, [NORTHSTAR, 'up', ...(options.demo ? ['--demo'] : [])], {
    env: {
      KAFKA_BROKERS: undefined,
      REDIS_URL: undefined,
      CLICKHOUSE_URL: undefined,
      NORTHSTAR_DATA_DIR: folder.path,
      NORTHSTAR_PORT: String(port),
      NORTHSTAR_METRICS_PORT: String(metricsPort),
      NORTHSTAR_ADMIN_TOKEN: adminToken,
      NORTHSTAR_WRITE_KEY: writeKey,
      LOG_LEVEL: 'warn',
      ...options.env,
    },
  })
  await child.ready(() => answersReady(url))
  await child.line(/Press Ctrl-C to stop/)
  const post = (path: string, token: string, body: unknown) =>
    fetch(url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  return {
    url,
    adminToken,
    async sendWrong(...events) {
      const { rejected } = (await (await post('/v1/events', writeKey, events)).json()) as { rejected: { code: string }[] }
      return rejected.map(({ code }) => code)
    },
    async readKey() {
      return ((await (await post('/v1/keys', adminToken, { kind: 'read', name: 'a reader' })).json()) as { key: string }).key
    },
    async send(...events) {
      const answer = await post('/v1/events', writeKey, events)
      if (answer.status !== 202) throw new Error(`the event was not taken: ${await answer.text()}`)
    },
    async stop() {
      await child.stop()
      await folder.remove()
    },
  }
}

export interface Visitor {
  readonly page: Page
  /** Console errors, page errors and requests to other origins. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}

/** Opens a browser context of its own. */
export async function visit(browser: Browser, { url }: RunningProduct, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({ baseURL: url, locale: 'en-US', viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  // The browser logs every 401 answer as an error.
  page.on('console', message => {
    if (message.type() === 'error' && !/status of 401/.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', error => complaints.push(error.message))
  page.on('request', request => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) complaints.push(`asked ${request.url()}`)
  })
  return { page, complaints, close: () => context.close() }
}

export async function signIn(page: Page, { adminToken }: RunningProduct): Promise<void> {
  await page.goto('/login')
  await page.getByLabel('Access token').fill(adminToken)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
}

/** Waits until nothing on the page is loading. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelectorAll('[aria-busy="true"]').length === 0 && document.fonts.status === 'loaded')
}

/** axe violations, each as `rule: element`. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  // The debugging protocol is not bound by the page's content security policy.
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe: runner } = globalThis as unknown as { axe: typeof import('axe-core') }
    const { violations } = await runner.run(document)
    return violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`))
  })
}

/** Horizontal overflow of the page, px. */
export const sideways = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

declare global {
  /** Cumulative layout shift, recorded by {@link watchShifts}. */
  var northstarShifted: number
}

/** Records layout shifts from the next page on. */
export async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    globalThis.northstarShifted = 0
    new PerformanceObserver(list => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
        if (!entry.hadRecentInput) globalThis.northstarShifted += entry.value
    }).observe({ type: 'layout-shift', buffered: true })
  })
}

/** The cumulative layout shift of the open page. */
export const shifted = (page: Page): Promise<number> => page.evaluate(() => globalThis.northstarShifted)
