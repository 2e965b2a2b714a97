import { answersReady, freePort, tempFolder } from '@northstar/testkit'
import type { Browser, Page, Response } from 'playwright-core'
import { addressesOf } from '../browser/addresses.ts'
import { findBrowser, startBrowser } from '../support/browser.ts'
import { startNorthstar } from '../support/northstar.ts'
import { type Figure, median } from './figure.ts'

const TOKEN = 'nsa_the-admin-token-of-the-benchmark'
const FIRST_VISITS = 5
const VISITS = 3
const LIMIT_MS = 60_000

/** The first view and every other page over the demo's data, in a real browser that has nothing of them yet: until they can be used. */
export async function bench(): Promise<readonly Figure[]> {
  const path = findBrowser()
  if (!path) return []
  const folder = await tempFolder('bench-page')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const product = await startNorthstar(['up', '--demo'], {
    NORTHSTAR_DATA_DIR: folder.path,
    NORTHSTAR_PORT: String(port),
    NORTHSTAR_METRICS_PORT: String(await freePort()),
    NORTHSTAR_ADMIN_TOKEN: TOKEN,
  })
  const browser = await startBrowser(path)
  try {
    await product.ready(() => answersReady(url), 90_000)
    await product.line(/Press Ctrl-C to stop/)
    const addresses = await addressesOf({ url, adminToken: TOKEN })
    const figures = await firstView(browser, url)
    for (const [name, address] of addresses) if (address !== '/') figures.push(await pageFigure(browser, url, name, address))
    return figures
  } finally {
    await browser.close()
    await product.stop()
    await folder.remove()
  }
}

async function firstView(browser: Browser, url: string): Promise<Figure[]> {
  const visits = []
  for (let i = 0; i < FIRST_VISITS; i++) visits.push(await visit(browser, url, '/', page => page.locator('.hero-value').waitFor()))
  return [
    { name: 'first view: can be used', value: median(visits.map(one => one.usableMs)), unit: 'ms' },
    { name: 'first view: every panel has its figures', value: median(visits.map(one => one.completeMs)), unit: 'ms' },
    { name: 'first view: script, compressed', value: median(visits.map(one => one.scriptBytes)) / 1_000, unit: 'kB' },
  ]
}

/** Until the page shows all of its figures. */
async function pageFigure(browser: Browser, url: string, name: string, address: string): Promise<Figure> {
  const visits = []
  for (let i = 0; i < VISITS; i++)
    visits.push(await visit(browser, url, address, page => page.getByRole('heading', { level: 1 }).first().waitFor({ timeout: LIMIT_MS })))
  return { name: `${name}: complete`, value: median(visits.map(one => one.completeMs)), unit: 'ms' }
}

/** @param appears waits for the first content of the page */
async function visit(browser: Browser, baseURL: string, address: string, appears: (page: Page) => Promise<void>) {
  const context = await browser.newContext({ baseURL, viewport: { width: 1280, height: 900 } })
  try {
    // Its session alone: neither cache nor compiled script.
    await context.request.post('/v1/session', { data: { token: TOKEN }, headers: { origin: baseURL } })
    const page = await context.newPage()
    const scripts: Promise<number>[] = []
    page.on('response', response => {
      if (response.url().endsWith('.js')) scripts.push(sizeOf(response))
    })
    await page.goto(address, { waitUntil: 'commit' })
    const since = () => page.evaluate<number>('performance.now()')
    await page.locator('nav a[aria-current], h1').first().waitFor({ timeout: LIMIT_MS })
    const usableMs = await since()
    await appears(page)
    await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached', timeout: LIMIT_MS })
    const completeMs = await since()
    const sizes = await Promise.all(scripts)
    return { usableMs, completeMs, scriptBytes: sizes.reduce((sum, size) => sum + size, 0) }
  } finally {
    await context.close()
  }
}

async function sizeOf(response: Response): Promise<number> {
  return (await response.request().sizes()).responseBodySize
}
