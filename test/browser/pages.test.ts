import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedLog } from '@northstar/event-log/embedded'
import { eventually } from '@northstar/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBrowser, startBrowser } from '../support/browser.ts'
import { axeViolations, type RunningProduct, settled, sideways, signIn, startProduct, visit } from './product.ts'

const chromium = findBrowser()
const SHOTS = process.env.NORTHSTAR_SCREENSHOTS ?? join(tmpdir(), 'northstar-screenshots')
const PHONE = { width: 390, height: 844 }
const DESKTOP = { width: 1280, height: 900 }

const panel = (page: Page, name: string | RegExp) => page.getByRole('region', { name })
// biome-ignore lint/performance/useDomNodeTextContent: the text as it is seen, words apart
const textOf = async (page: Page, name: string | RegExp) => (await panel(page, name).innerText()).replace(/\s+/g, ' ')

/** Lays records into the log that nobody can read, and one that is text. */
async function unreadable(folder: string): Promise<void> {
  const log = await openEmbeddedLog({ folder: join(folder, 'log'), topic: 'northstar.caro.events' })
  const records = [Buffer.from([0xff, 0xfe]), ...Array.from({ length: 24 }, (_, i) => Buffer.from(`{"broken": ${i}`))]
  await log.append(records.map(value => ({ partition: 0, value, headers: {} })))
  await log.close()
}

describe.runIf(chromium)('further pages over the simulated beta', () => {
  let product: RunningProduct
  let browser: Browser

  beforeAll(async () => {
    await mkdir(SHOTS, { recursive: true })
    ;[product, browser] = await Promise.all([startProduct({ demo: true, prepare: unreadable }), startBrowser(chromium ?? '')])
  })
  afterAll(async () => {
    await browser?.close()
    await product?.stop()
  })

  describe('the public page', () => {
    test.each([
      ['desktop', 'light'],
      ['desktop', 'dark'],
      ['phone', 'light'],
      ['phone', 'dark'],
    ] as const)('shows whole weeks to anyone, without a cookie and from here alone: %s, %s', async (device, colorScheme) => {
      const viewport = device === 'phone' ? PHONE : DESKTOP
      const { page, complaints, close } = await visit(browser, product, { colorScheme, viewport })
      const cookies: string[] = []
      page.on('response', response => {
        const cookie = response.headers()['set-cookie']
        if (cookie !== undefined) cookies.push(`${response.url()}: ${cookie}`)
      })
      await page.goto('/public')
      await page.getByRole('heading', { name: 'Caro CLI in figures' }).waitFor()
      await settled(page)
      expect(await textOf(page, 'Active weekly users')).toMatch(/350 ▲ ?up \+100 \(\+40%\) from the week before Week 3/)
      expect(await textOf(page, 'Downloads')).toMatch(/120 ▼ ?down −30 \(−20%\) Week 3/)
      expect(await textOf(page, 'Commands generated')).toContain('2,800')
      expect(await textOf(page, 'GitHub stars')).toContain('1,300')
      expect(await textOf(page, 'Discord members')).toContain('750')
      expect(await textOf(page, 'Contributors')).toContain('22')
      // Nothing of what is not public, and nothing of the running week.
      expect(await page.getByRole('region').count()).toBe(6)
      expect(await page.getByText(/Activation|Crash rate|Week 5/).count()).toBe(0)
      expect(await axeViolations(page)).toEqual([])
      expect(await sideways(page)).toBe(0)
      await page.screenshot({ path: join(SHOTS, `public-${device}-${colorScheme}.png`), fullPage: true })
      expect(await page.context().cookies()).toEqual([])
      expect(cookies).toEqual([])
      // Only the address and the page's own parts were asked for, all of them here.
      expect(complaints).toEqual([])
      await close()
    })

    test('stands in a frame on another site; the other pages do not', async () => {
      const site = createServer((request, response) => {
        response.setHeader('content-type', 'text/html')
        response.end(`<title>Another site</title><iframe src="${product.url}${request.url}" width="900" height="900"></iframe>`)
      }).listen(0, '127.0.0.1')
      const context = await browser.newContext({ viewport: DESKTOP })
      try {
        const page = await context.newPage()
        const { port } = site.address() as AddressInfo
        await page.goto(`http://localhost:${port}/public`)
        const frame = page.frameLocator('iframe')
        await frame.getByRole('heading', { name: 'Caro CLI in figures' }).waitFor()
        await frame.getByRole('region', { name: 'Active weekly users' }).getByText('350', { exact: true }).first().waitFor()
        expect(await context.cookies()).toEqual([])
        for (const path of ['/', '/login', '/access']) {
          const refused = page.waitForEvent('console', message => message.text().includes('frame-ancestors'))
          await page.goto(`http://localhost:${port}${path}`)
          await refused
          expect(await frame.getByRole('heading').count()).toBe(0)
        }
      } finally {
        await context.close()
        site.closeAllConnections()
        site.close()
      }
    })
  })

  test('rules stand in words, and one is tried on the past', async () => {
    const hour = 3_600_000
    const bug = (action: string, ago: number) => ({
      event: 'github_issue',
      timestamp: Date.now() - ago * hour,
      properties: { number: 77, action, priority: 'P0' },
    })
    await product.send(bug('opened', 5), bug('closed', 2))
    const { page, complaints, close } = await visit(browser, product)
    await signIn(page, product)
    await page.goto('/rules')
    await page.getByText('Crash rate of the last 15 minutes is above 1%, for 5 minutes.').waitFor()
    expect(await textOf(page, 'P0 Somebody is called at once')).toMatch(
      /P0 bugs open Calm Open bugs \(priority P0\) of the last hour is above 0\. To do: Fix within 4 hours/,
    )
    await page.getByRole('button', { name: 'Try on the past: P0 bugs open' }).click()
    const trial = panel(page, 'Try rules on the past')
    expect(await trial.getByLabel('Rule').inputValue()).toBe('p0_bugs_open')
    const day = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/New_York', dateStyle: 'short' })
    await trial.getByLabel('From').fill(day.format(Date.now() - 24 * hour))
    await trial.getByRole('button', { name: 'Try', exact: true }).click()
    await trial.getByText(/^1 of 1 rules would have fired in /).waitFor()
    expect((await textOf(page, 'Try rules on the past')).replace(/,/g, '')).toMatch(/P0 P0 bugs open 1 time · .*longest [23] hours/)
    await trial.getByText('When', { exact: true }).click()
    await trial.getByText(/at worst 1, limit 0/).waitFor()
    expect(await axeViolations(page)).toEqual([])
    await page.screenshot({ path: join(SHOTS, 'rules-backtest.png'), fullPage: true })
    // What cannot be is said in words.
    await trial.getByLabel('From').fill(day.format(Date.now()))
    await trial.getByLabel('Until').fill(day.format(Date.now() - 48 * hour))
    await trial.getByRole('button', { name: 'Try', exact: true }).click()
    await trial.getByText('from must come before to.').waitFor()
    expect(complaints.filter(text => !/status of 400/.test(text))).toEqual([])
    await close()
  })

  test('percentiles stand side by side over time', async () => {
    const { page, complaints, close } = await visit(browser, product)
    await signIn(page, product)
    await page.goto('/metrics/response_time_p95')
    await page.getByRole('radio', { name: 'Percentiles' }).check({ force: true })
    const chart = panel(page, 'Over time')
    await chart.getByText('p99', { exact: true }).waitFor()
    await settled(page)
    expect(await axeViolations(page)).toEqual([])
    await page.screenshot({ path: join(SHOTS, 'percentiles.png'), fullPage: true })
    await chart.getByRole('button', { name: 'Show as a table' }).click()
    expect(await chart.getByRole('columnheader').allTextContents()).toEqual(['Period', 'p50', 'p95', 'p99'])
    const figures = (await chart.getByRole('row').nth(2).getByRole('cell').allTextContents()).map(text => Number.parseFloat(text))
    expect(figures).toHaveLength(3)
    expect(figures).toEqual(figures.toSorted((a, b) => a - b))
    expect(complaints).toEqual([])
    await close()
  })

  test('how events come in: refusals by reason, and dead letters to browse', async () => {
    const codes = await product.sendWrong(
      { event: 'nothing_known', user_id: 'a' },
      { event: 'nothing_known', user_id: 'b' },
      { event: 'downloads', user_id: 'c', properties: { channel: 'pigeon' } },
    )
    expect(codes).toEqual(['unknown_event', 'unknown_event', 'not_allowed'])
    await eventually(async () => {
      const answer = await fetch(`${product.url}/v1/ingestion`, { headers: { authorization: `Bearer ${product.adminToken}` } })
      return ((await answer.json()) as { rejected: Record<string, number> }).rejected.unknown_event === 2
    })
    const { page, complaints, close } = await visit(browser, product)
    await signIn(page, product)
    await page.goto('/health')
    await settled(page)
    expect(await textOf(page, 'The last hour')).toMatch(
      /Accepted [\d,]+ .*Refused 3 .*Dead letters 25 In 24 hours; 25 are kept Most in a minute: /,
    )
    expect(await textOf(page, 'Refused, by reason')).toMatch(
      /The tracking plan has no such event unknown_event 2 66\.7% A value is not among those allowed not_allowed 1 33\.3%/,
    )
    expect(await textOf(page, /^The account of /)).toContain('Everything adds up')
    const letters = panel(page, 'Dead letters')
    expect(await letters.getByRole('listitem').count()).toBe(20)
    await letters.getByRole('button', { name: 'Show older ones' }).click()
    await eventually(async () => (await letters.getByRole('listitem').count()) === 25)
    await letters.locator('summary').first().click()
    await letters.getByText('{"broken": 23', { exact: true }).waitFor()
    await letters.locator('summary').last().click()
    await letters.getByText('//4=', { exact: true }).waitFor()
    expect(await axeViolations(page)).toEqual([])
    await page.screenshot({ path: join(SHOTS, 'health-dead-letters.png'), fullPage: true })
    expect(complaints).toEqual([])
    await close()
  })
})

describe.runIf(chromium)('signing in over another system', () => {
  test('is offered where it is configured; its absence is told in words', async () => {
    const env = { NORTHSTAR_OIDC_ISSUER: 'http://127.0.0.1:9', NORTHSTAR_OIDC_CLIENT_ID: 'northstar', NORTHSTAR_OIDC_READERS: '*' }
    const [product, browser] = await Promise.all([startProduct({ demo: false, env }), startBrowser(chromium ?? '')])
    try {
      const { page, complaints } = await visit(browser, product)
      await page.goto('/')
      await page.getByRole('link', { name: 'Sign in with your organisation' }).waitFor()
      expect(await axeViolations(page)).toEqual([])
      await page.screenshot({ path: join(SHOTS, 'login-organisation.png') })
      await page.getByRole('link', { name: 'Sign in with your organisation' }).click()
      await page.getByText('The other system does not answer. Try again later, or sign in otherwise.').waitFor()
      await page.getByLabel('Access token').fill(product.adminToken)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await page.getByRole('navigation', { name: 'Pages' }).waitFor()
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
      await product.stop()
    }
  })
})
