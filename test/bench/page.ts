import { answersReady, freePort, tempFolder } from '@northstar/testkit'
import type { Browser, Page, Response } from 'playwright-core'
import { addressesOf } from '../browser/addresses.ts'
import { findBrowser, startBrowser } from '../support/browser.ts'
import { startNorthstar } from '../support/northstar.ts'
import { type Figure, median } from './figure.ts'

// Of the page in the browser.
declare const document: {
  querySelector(selector: string): object | null
  querySelectorAll(selector: string): Iterable<{ getBoundingClientRect(): { readonly top: number } }>
}
declare const innerHeight: number

const TOKEN = 'nsa_the-admin-token-of-the-benchmark'
const FIRST_VISITS = 5
const VISITS = 3
const LIMIT_MS = 60_000

/** The first view and every other page over the demo's data, in a real browser that has nothing of them yet. */
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
    for (const [name, address] of addresses) if (address !== '/') figures.push(...(await pageFigures(browser, url, name, address)))
    return figures
  } finally {
    await browser.close()
    await product.stop()
    await folder.remove()
  }
}

async function firstView(browser: Browser, url: string): Promise<Figure[]> {
  const visits: Visit[] = []
  for (let i = 0; i < FIRST_VISITS; i++) visits.push(await visit(browser, url, '/'))
  return [
    ...figuresOf('first view', visits),
    { name: 'first view: script, compressed', value: median(visits.map(one => one.scriptBytes)) / 1_000, unit: 'kB' },
  ]
}

async function pageFigures(browser: Browser, url: string, name: string, address: string): Promise<readonly Figure[]> {
  const visits: Visit[] = []
  for (let i = 0; i < VISITS; i++) visits.push(await visit(browser, url, address))
  return figuresOf(name, visits)
}

const figuresOf = (name: string, visits: readonly Visit[]): readonly Figure[] => [
  { name: `${name}: usable`, value: median(visits.map(one => one.usableMs)), unit: 'ms' },
  { name: `${name}: complete`, value: median(visits.map(one => one.completeMs)), unit: 'ms' },
]

interface Visit {
  /** Until the heading is there and nothing that the window shows is still loading. */
  readonly usableMs: number
  /** Until nothing on the page is loading. */
  readonly completeMs: number
  readonly scriptBytes: number
}

async function visit(browser: Browser, baseURL: string, address: string): Promise<Visit> {
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
    const usableMs = await loaded(page, 'window')
    const completeMs = await loaded(page, 'page')
    const sizes = await Promise.all(scripts)
    return { usableMs, completeMs, scriptBytes: sizes.reduce((sum, size) => sum + size, 0) }
  } finally {
    await context.close()
  }
}

/** The first moment, in ms since the navigation, at which a heading is there and nothing is loading: in the window, or on the whole page. */
async function loaded(page: Page, where: 'window' | 'page'): Promise<number> {
  const found = await page.waitForFunction(
    inWindow => {
      const isLoading = [...document.querySelectorAll('[aria-busy="true"]')].some(
        element => !inWindow || element.getBoundingClientRect().top < innerHeight,
      )
      return document.querySelector('h1') && !isLoading && performance.now()
    },
    where === 'window',
    { polling: 'raf', timeout: LIMIT_MS },
  )
  return Number(await found.jsonValue())
}

async function sizeOf(response: Response): Promise<number> {
  return (await response.request().sizes()).responseBodySize
}
