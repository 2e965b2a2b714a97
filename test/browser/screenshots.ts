import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '@northstar/testkit'
import type { Page } from 'playwright-core'
import { findBrowser, startBrowser } from '../support/browser.ts'
import { openPage, settled, signIn } from './page.ts'
import { type RunningProduct, startProduct } from './product.ts'

/** Takes the README's pictures over the demo's data: `npm run build && npm run screenshots -- docs/images`. */

const VIEWPORT = { width: 1280, height: 860 }
const MOST_BYTES = 150_000

/** The demo's alert of the release that crashes more. */
async function alertPath({ url, adminToken }: RunningProduct): Promise<string> {
  const headers = { authorization: `Bearer ${adminToken}` }
  const alert = await eventually(
    async () => {
      const { alerts } = (await (await fetch(`${url}/v1/alerts`, { headers })).json()) as {
        alerts: { state: string; fingerprint: string }[]
      }
      return alerts.find(({ state }) => state === 'firing')
    },
    { what: 'an alert fires', timeoutMs: 120_000 },
  )
  return `/alerts?alert=${alert.fingerprint}`
}

interface Picture {
  readonly path: string
  /** What comes after the page has settled, as a selector. */
  readonly awaits?: string
}

async function take(page: Page, { path, awaits }: Picture, file: string): Promise<void> {
  await page.goto(path)
  await settled(page)
  if (awaits) await page.locator(awaits).first().waitFor({ state: 'attached' })
  // Focus that a link set would be drawn around a heading.
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  await page.screenshot({ path: file })
  const { size } = await stat(file)
  if (size > MOST_BYTES) throw new Error(`${file} has ${size} bytes, more than ${MOST_BYTES}`)
  process.stdout.write(`${file}: ${size} bytes\n`)
}

const folder = process.argv[2] ?? 'docs/images'
await mkdir(folder, { recursive: true })
const [product, browser] = await Promise.all([startProduct({ demo: true }), startBrowser(findBrowser() ?? '')])
try {
  const pages: Readonly<Record<string, Picture>> = {
    overview: { path: '/' },
    metric: { path: '/metrics/response_time_p95?by=query_complexity&period=day&range=30d' },
    release: { path: '/releases/1.1.0' },
    alert: { path: await alertPath(product), awaits: '.release-marker' },
  }
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, close } = await openPage(browser, product.url, { colorScheme, viewport: VIEWPORT, reducedMotion: 'reduce' })
    await signIn(page, product.adminToken)
    for (const [name, picture] of Object.entries(pages)) await take(page, picture, join(folder, `${name}-${colorScheme}.png`))
    await close()
  }
} finally {
  await browser.close()
  await product.stop()
}
