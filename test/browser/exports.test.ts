import { readFile } from 'node:fs/promises'
import type { Locator, Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { addressesOf } from './addresses.ts'
import { axeViolations, settled } from './page.ts'
import { describeProduct } from './suite.ts'

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

describeProduct('every chart and table over the simulated beta', { demo: true }, suite => {
  let alert: string

  beforeAll(async () => {
    await suite.product.sendWrong({ event: 'nothing_known', user_id: 'a', properties: { '=cmd': 1 } })
    const addresses = [...(await addressesOf(suite.product)).values()]
    alert = addresses.find(path => path.startsWith('/alerts?alert=')) ?? ''
  })

  const PATHS: readonly (readonly [path: string, files: number])[] = [
    ['/', 1],
    ['/metrics/commands?by=category&period=day&range=30d', 1],
    ['/metrics/onboarding_funnel', 1],
    ['/metrics/response_time_p95?by=percentiles', 1],
    ['/retention', 1],
    ['/retention?by=platform', 2],
    ['/metrics/retention', 1],
    ['/releases', 1],
    ['/releases/1.1.0', 4],
    ['/releases/1.0.8', 3],
    ['/alerts?alert=', 2],
    ['/health', 2],
    ['/access', 1],
    ['/instrument', 1],
    ['/public', 1],
    ['/sql?q=SELECT%20week,%20value%20FROM%20metrics.downloads', 1],
  ]

  test.each(PATHS)('%s: %i exports, each with its values as CSV and its picture as PNG', async (path, count) => {
    const page = await suite.signedIn()
    await page.goto(path.endsWith('alert=') ? alert : path)
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
    }
    expect(await axeViolations(page)).toEqual([])
  })

  test('a table that replaces its chart is exported as it is shown', async () => {
    const page = await suite.signedIn()
    await page.goto('/metrics/downloads')
    const place = page.getByRole('region', { name: 'Over time' })
    await place.getByRole('button', { name: 'Show table' }).click()
    const chart = await saved(page, place.getByRole('button', { name: 'Export PNG' }))
    expect(sizeOfPng(chart.content).signature).toBe('PNG')
    const csv = await saved(page, place.getByRole('button', { name: 'Export CSV' }))
    const [head, first] = csv.content.toString().split('\r\n')
    expect(head).toBe('from,complete,value,target')
    expect(first).toMatch(/^\d{4}-\d\d-\d\dT.*,true,200,200$/)
  })
})
