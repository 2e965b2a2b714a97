import { spawnSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBrowser, startBrowser } from '../support/browser.ts'
import { axeViolations, type RunningProduct, settled, sideways, signIn, startProduct, visit } from './product.ts'

const chromium = findBrowser()
const SHOTS = process.env.NORTHSTAR_SCREENSHOTS ?? join(tmpdir(), 'northstar-screenshots')

const panel = (page: Page, name: string) => page.getByRole('region', { name, exact: true })

describe.runIf(chromium)('instrumenting', () => {
  let product: RunningProduct
  let browser: Browser

  beforeAll(async () => {
    await mkdir(SHOTS, { recursive: true })
    ;[product, browser] = await Promise.all([startProduct({ demo: false }), startBrowser(chromium ?? '')])
  })
  afterAll(async () => {
    await browser?.close()
    await product?.stop()
  })

  test('the lines of a test key work as pasted, the event appears, and no metric counts it', async () => {
    const { page, complaints, close } = await visit(browser, product)
    await signIn(page, product)
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Instrument' }).click()
    await page.getByText('Events of this key are stored and counted.', { exact: false }).waitFor()
    await page.getByRole('button', { name: 'Create a test key' }).click()
    await page.getByText('no metric counts them', { exact: false }).waitFor()
    await panel(page, 'Last events').getByText('No events yet.', { exact: false }).waitFor()
    const lines = await panel(page, 'Send an event').locator('pre').textContent()
    const { status, stdout } = spawnSync('bash', ['-c', lines ?? ''], { encoding: 'utf8' })
    expect([status, JSON.parse(stdout)]).toEqual([0, { accepted: 1, rejected: [] }])
    await panel(page, 'Last events').getByRole('cell', { name: 'Accepted' }).waitFor()
    const wrong = (lines ?? '').replace(/"event":"\w+"/, '"event":"dowloads"')
    expect(spawnSync('bash', ['-c', wrong]).status).toBe(0)
    await panel(page, 'Last events').getByText('did you mean downloads?', { exact: false }).waitFor()
    await settled(page)
    expect(await axeViolations(page)).toEqual([])
    await page.screenshot({ path: join(SHOTS, 'instrument.png'), fullPage: true })
    const headers = { authorization: `Bearer ${product.adminToken}` }
    const verified = await fetch(`${product.url}/v1/verify`, { headers })
    expect(await verified.json()).toMatchObject({ ok: true, accepted: 0 })
    for (const [language, text] of [
      ['TypeScript', "from '@northstar/sdk'"],
      ['Rust', 'ureq::post'],
      ['Go', 'http.NewRequest'],
      ['Python', 'urlopen'],
    ] as const) {
      await page.getByRole('radio', { name: language }).check()
      await panel(page, 'Send an event').locator('pre').getByText(text, { exact: false }).waitFor()
    }
    await page.goto('/access')
    await panel(page, 'API keys').getByText('Instrumenting').waitFor()
    expect(await panel(page, 'API keys').textContent()).toMatch(/test: not stored .*1 accepted, 1 rejected/s)
    expect(complaints).toEqual([])
    await close()
  })

  test('on a phone, in the dark, nothing overflows', async () => {
    const { page, close } = await visit(browser, product, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' })
    await signIn(page, product)
    await page.goto('/instrument')
    await panel(page, 'Last events').waitFor()
    await settled(page)
    expect(await sideways(page)).toBe(0)
    expect(await axeViolations(page)).toEqual([])
    await page.screenshot({ path: join(SHOTS, 'instrument-phone-dark.png'), fullPage: true })
    await close()
  })
})
