import { tmpdir } from 'node:os'
import { join } from 'node:path'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'

export const DESKTOP = { width: 1280, height: 900 } as const
export const PHONE = { width: 390, height: 844 } as const
const WINDOWS = { desktop: DESKTOP, phone: PHONE } as const

/** Every window with every colour scheme in which the pages are checked. */
export const LOOKS = [
  ['desktop', 'light'],
  ['desktop', 'dark'],
  ['phone', 'light'],
  ['phone', 'dark'],
] as const

/** The options of a browser context for one of the {@link LOOKS}. */
export const look = (device: keyof typeof WINDOWS, colorScheme: 'light' | 'dark') => ({ viewport: WINDOWS[device], colorScheme })

const SHOTS = process.env.NORTHSTAR_SCREENSHOTS ?? join(tmpdir(), 'northstar-screenshots')

/** Saves a screenshot of the whole page in the folder that NORTHSTAR_SCREENSHOTS names. */
export const shot = (page: Page, name: string): Promise<Buffer> => page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true })

/** The panel with this title. */
export const panel = (page: Page, name: string | RegExp, exact = false): Locator => page.getByRole('region', { name, exact })

/** The visible text of a panel, with single spaces. */
// biome-ignore lint/performance/useDomNodeTextContent: only the rendered text has spaces between elements
export const textOf = async (page: Page, name: string | RegExp) => (await panel(page, name).innerText()).replace(/\s+/g, ' ')

export interface OpenPage {
  readonly page: Page
  /** Console errors, page errors and requests to other origins. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}

/** Opens a page in a browser context of its own. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ baseURL: url, locale: 'en-US', viewport: DESKTOP, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  // The browser logs every 401 answer as an error.
  page.on('console', message => {
    if (message.type() === 'error' && !/status of 401/.test(message.text())) complaints.push(`${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', error => complaints.push(error.message))
  page.on('request', request => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) complaints.push(`asked ${request.url()}`)
  })
  return { page, complaints, close: () => context.close() }
}

export async function signIn(page: Page, token: string): Promise<void> {
  await page.goto('/login')
  await page.getByLabel('Access token').fill(token)
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
