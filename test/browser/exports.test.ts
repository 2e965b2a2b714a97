import { readFile } from 'node:fs/promises'
import { eventually } from '@northstar/testkit'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBrowser, startBrowser } from '../support/browser.ts'
import { axeViolations, type RunningProduct, settled, signIn, startProduct, visit } from './product.ts'

const chromium = findBrowser()
/** Charts and tables of the page that people see, apart from the tables that describe a chart to screen readers. */
const SHOWN = 'figure, main table'

/** Width and height of a PNG, px. */
const sizeOfPng = (file: Buffer) => ({
  signature: file.subarray(1, 4).toString(),
  width: file.readUInt32BE(16),
  height: file.readUInt32BE(20),
})

async function saved(page: Page, button: Locator): Promise<{ readonly name: string; readonly content: Buffer }> {
  const [file] = await Promise.all([page.waitForEvent('download'), button.click()])
  return { name: file.suggestedFilename(), content: await readFile(await file.path()) }
}

/** Charts and tables without a place to export them from, by their text. */
const withoutExport = (page: Page) =>
  page
    .locator(SHOWN)
    .evaluateAll(elements =>
      elements
        .filter(element => !element.closest('.sr-only') && !element.closest('.exportable'))
        .map(element => (element.textContent ?? '').slice(0, 80)),
    )

describe.runIf(chromium)('every chart and table over the simulated beta', () => {
  let product: RunningProduct
  let browser: Browser
  let alert: string

  beforeAll(async () => {
    ;[product, browser] = await Promise.all([startProduct({ demo: true }), startBrowser(chromium ?? '')])
    await product.sendWrong({ event: 'nothing_known', user_id: 'a', properties: { '=cmd': 1 } })
    const headers = { authorization: `Bearer ${product.adminToken}` }
    alert = await eventually(
      async () => {
        const answer = await fetch(`${product.url}/v1/alerts`, { headers })
        const { alerts } = (await answer.json()) as { alerts: { rule: string; state: string; fingerprint: string }[] }
        return alerts.find(({ rule, state }) => rule === 'release_crashes_more' && state === 'firing')?.fingerprint
      },
      { what: 'the alert fires', timeoutMs: 60_000 },
    )
  })
  afterAll(async () => {
    await browser?.close()
    await product?.stop()
  })

  const PATHS: readonly (readonly [path: string, files: number])[] = [
    ['/', 1],
    ['/metrics/commands?by=category&period=day&range=30d', 1],
    ['/metrics/onboarding_funnel', 1],
    ['/metrics/response_time_p95?by=percentiles', 1],
    ['/retention', 1],
    ['/retention?by=platform', 2],
    ['/releases', 1],
    ['/releases/1.1.0', 4],
    ['/releases/1.0.8', 3],
    [`/alerts?alert=`, 2],
    ['/health', 2],
    ['/access', 1],
    ['/instrument', 1],
    ['/public', 1],
    ['/sql?q=SELECT%20week,%20value%20FROM%20metrics.downloads', 1],
  ]

  test.each(PATHS)('%s: %i exports, each with its values as CSV and its picture as PNG', async (path, count) => {
    const { page, complaints, close } = await visit(browser, product)
    await signIn(page, product)
    await page.goto(path.endsWith('alert=') ? path + alert : path)
    await page.locator('.exportable').first().waitFor({ timeout: 30_000 })
    await settled(page)
    expect(await withoutExport(page)).toEqual([])
    const places = page.locator('.exportable')
    expect(await places.count()).toBe(count)
    for (const place of await places.all()) {
      const csv = await saved(page, place.getByRole('button', { name: 'Export CSV' }))
      const [head = '', ...rows] = csv.content.toString().split('\r\n')
      expect([csv.name, rows.length], head).toEqual([expect.stringMatching(/^[\w.-]+\.csv$/), expect.any(Number)])
      expect(rows.length, csv.name).toBeGreaterThan(0)
      expect(head.split(',').length, csv.name).toBeGreaterThan(1)
      // No cell runs as a formula; numbers are left alone.
      expect(csv.content.toString().match(/(^|,|\n)[=+@\t]/g), csv.name).toBeNull()
      const png = await saved(page, place.getByRole('button', { name: 'Export PNG' }))
      const { signature, width, height } = sizeOfPng(png.content)
      expect([png.name, signature]).toEqual([csv.name.replace(/csv$/, 'png'), 'PNG'])
      expect(Math.min(width, height), png.name).toBeGreaterThan(80)
      if (process.env.NORTHSTAR_SCREENSHOTS)
        await (await import('node:fs/promises')).writeFile(`${process.env.NORTHSTAR_SCREENSHOTS}/export-${png.name}`, png.content)
    }
    expect(await axeViolations(page)).toEqual([])
    expect(complaints).toEqual([])
    await close()
  })

  test('a table that replaces its chart is exported as it is shown', async () => {
    const { page, complaints, close } = await visit(browser, product)
    await signIn(page, product)
    await page.goto('/metrics/downloads')
    const place = page.getByRole('region', { name: 'Over time' })
    await place.getByRole('button', { name: 'Show table' }).click()
    const chart = await saved(page, place.getByRole('button', { name: 'Export PNG' }))
    expect(sizeOfPng(chart.content).signature).toBe('PNG')
    const csv = await saved(page, place.getByRole('button', { name: 'Export CSV' }))
    const [head, first] = csv.content.toString().split('\r\n')
    expect(head).toBe('from,complete,value,target')
    expect(first).toMatch(/^\d{4}-\d\d-\d\dT.*,true,200,200$/)
    expect(complaints).toEqual([])
    await close()
  })
})
