import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openEmbeddedLog } from '@northstar/event-log/embedded'
import { eventually } from '@northstar/testkit'
import { beforeAll, describe, expect, test } from 'vitest'
import { axeViolations, DESKTOP, LOOKS, look, PHONE, panel, settled, shot, sideways, textOf } from './page.ts'
import { describeProduct } from './suite.ts'

/** Appends records to the log that cannot be decoded, binary and text. */
async function unreadable(folder: string): Promise<void> {
  const log = await openEmbeddedLog({ folder: join(folder, 'log'), topic: 'northstar.caro.events' })
  const records = [Buffer.from([0xff, 0xfe]), ...Array.from({ length: 24 }, (_, i) => Buffer.from(`{"broken": ${i}`))]
  await log.append(records.map(value => ({ partition: 0, value, headers: {} })))
  await log.close()
}

describeProduct('more pages over the simulated beta', { demo: true, prepare: unreadable }, suite => {
  describe('the public page', () => {
    beforeAll(async () => {
      await eventually(async () => (await (await fetch(`${suite.product.url}/v1/public`)).text()).includes('"value":350'), {
        timeoutMs: 90_000,
      })
    }, 100_000)

    test.each(LOOKS)('shows full weeks to anyone, without cookies or other origins: %s, %s', async (device, colorScheme) => {
      const page = await suite.visit(look(device, colorScheme))
      const cookies: string[] = []
      page.on('response', response => {
        const cookie = response.headers()['set-cookie']
        if (cookie !== undefined) cookies.push(`${response.url()}: ${cookie}`)
      })
      await page.goto('/public')
      await page.getByRole('heading', { name: 'Caro CLI metrics' }).waitFor()
      await settled(page)
      expect(await textOf(page, 'Active weekly users')).toMatch(/350 ▲ ?up \+100 \(\+40%\) from the previous week Week 3/)
      expect(await textOf(page, 'Downloads')).toMatch(/120 ▼ ?down −30 \(−20%\) Week 3/)
      expect(await textOf(page, 'Commands generated')).toContain('2,800')
      expect(await textOf(page, 'GitHub stars')).toContain('1,300')
      expect(await textOf(page, 'Discord members')).toContain('750')
      expect(await textOf(page, 'Contributors')).toContain('22')
      // Neither private metrics nor the running week.
      expect(await page.getByRole('region').count()).toBe(6)
      expect(await page.getByText(/Activation|Crash rate|Week 5/).count()).toBe(0)
      expect(await axeViolations(page)).toEqual([])
      expect(await sideways(page)).toBe(0)
      await shot(page, `public-${device}-${colorScheme}`)
      expect(await page.context().cookies()).toEqual([])
      expect(cookies).toEqual([])
      // All requests went to this origin.
    })

    test('may be framed by another site; the other pages may not', async () => {
      const site = createServer((request, response) => {
        response.setHeader('content-type', 'text/html')
        response.end(`<title>Another site</title><iframe src="${suite.product.url}${request.url}" width="900" height="900"></iframe>`)
      }).listen(0, '127.0.0.1')
      const context = await suite.browser.newContext({ viewport: DESKTOP })
      try {
        const page = await context.newPage()
        const { port } = site.address() as AddressInfo
        await page.goto(`http://localhost:${port}/public`)
        const frame = page.frameLocator('iframe')
        await frame.getByRole('heading', { name: 'Caro CLI metrics' }).waitFor()
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

  test('rules are described in words, and one is backtested', async () => {
    const hour = 3_600_000
    const bug = (action: string, ago: number) => ({
      event: 'github_issue',
      timestamp: Date.now() - ago * hour,
      properties: { number: 77, action, priority: 'P0' },
    })
    await suite.product.send(bug('opened', 5), bug('closed', 2))
    const page = await suite.signedIn({ tolerates: /status of 400/ })
    await page.goto('/rules')
    await page.getByText('Crash rate of the last 15 minutes is above 1%, for 5 minutes.').waitFor()
    expect(await textOf(page, 'P0 Page immediately')).toMatch(
      /P0 bugs open OK Open bugs \(priority P0\) of the last hour is above 0\. Action: Fix within 4 hours/,
    )
    await page.getByRole('button', { name: 'Backtest: P0 bugs open' }).click()
    const trial = panel(page, 'Backtest')
    expect(await trial.getByLabel('Rule').inputValue()).toBe('p0_bugs_open')
    const day = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/New_York', dateStyle: 'short' })
    await trial.getByLabel('From').fill(day.format(Date.now() - 24 * hour))
    await trial.getByRole('button', { name: 'Run', exact: true }).click()
    // Hundreds of evaluations.
    await trial.getByText(/^1 of 1 rules would have fired in /).waitFor({ timeout: 90_000 })
    expect((await textOf(page, 'Backtest')).replace(/,/g, '')).toMatch(/P0 P0 bugs open 1 time · .*longest [23] hours/)
    await trial.getByText('Episodes', { exact: true }).click()
    await trial.getByText(/worst 1, limit 0/).waitFor()
    expect(await axeViolations(page)).toEqual([])
    await shot(page, 'rules-backtest')
    // An invalid range gets an error message.
    await trial.getByLabel('From').fill(day.format(Date.now()))
    await trial.getByLabel('To').fill(day.format(Date.now() - 48 * hour))
    await trial.getByRole('button', { name: 'Run', exact: true }).click()
    await trial.getByText('`from` must be before `to`.').waitFor()
  })

  test('a funnel has its steps with what each loses, over quarters and by a property', async () => {
    const page = await suite.signedIn()
    await page.goto('/metrics/onboarding_funnel')
    const steps = page.getByRole('list').filter({ hasText: 'lost' }).getByRole('listitem')
    await steps.nth(2).waitFor()
    expect(await steps.first().textContent()).toMatch(/Download\s*100%/)
    expect(await steps.nth(1).textContent()).toMatch(/First command\s*\d+(\.\d)?%\s*\d+(\.\d)?% lost/)
    await settled(page)
    await shot(page, 'funnel')
    expect(await axeViolations(page)).toEqual([])
    await page.setViewportSize(PHONE)
    await eventually(async () => (await sideways(page)) === 0, { what: 'the page fits a phone' })
    await shot(page, 'funnel-phone')
    await page.setViewportSize(DESKTOP)
    await page.goto('/metrics/commands?period=quarter&compare=year')
    const chart = panel(page, 'Over time')
    await chart.getByRole('button', { name: 'Show table' }).click()
    expect(await chart.getByRole('columnheader').allTextContents()).toEqual(['Period', 'This range', 'A year before'])
    await page.goto('/retention?by=platform')
    await page.getByRole('heading', { name: /macos/i }).waitFor()
    await settled(page)
    expect(await axeViolations(page)).toEqual([])
    await shot(page, 'retention-by-platform')
  })

  test('a status of any length fits a phone', async () => {
    const page = await suite.signedIn({ viewport: PHONE })
    for (const path of ['/', '/metrics', '/metrics/commands']) {
      await page.goto(path)
      await settled(page)
      const statuses = page.locator('main .status')
      await statuses.first().waitFor()
      await statuses.evaluateAll(all => {
        for (const one of all) one.append(' of the target so far, 5 of 7 days')
      })
      expect(await sideways(page), path).toBe(0)
      const hidden = await statuses.evaluateAll(all =>
        all.map(one => {
          const parent = one.closest('.panel')?.getBoundingClientRect()
          return Math.max(0, one.getBoundingClientRect().right - (parent?.right ?? 0))
        }),
      )
      expect(hidden, path).toEqual(hidden.map(() => 0))
    }
  })

  test('every metric of the list has its value, also retention and a funnel, as on the command line', async () => {
    const page = await suite.signedIn()
    await page.goto('/metrics')
    await settled(page)
    const rows = (await page.getByRole('main').getByRole('listitem').allInnerTexts()).map(text => text.replace(/\s+/g, ' '))
    const rowOf = (title: string) => rows.find(row => row.startsWith(title))
    expect(rowOf('Retention')).toMatch(/ \d+(\.\d)?% .*Week 1 .*(ahead|behind|On target)/)
    expect(rowOf('Onboarding')).toMatch(/ \d+(\.\d)?% .*Good feedback/)
    expect(rowOf('User segments')).toMatch(/ \d+(\.\d)?% .*Casual/)
    // Its targets are those of its members.
    expect(rowOf('Response time, 95th percentile')).toMatch(/3 of 3 targets met/)
    expect(rowOf('New and returning users')).toMatch(/ \d+ .*New/)
    expect(await page.locator('.metric-row .spark path').count()).toBeGreaterThan(2 * (rows.length - 5))
  })

  test('percentiles are drawn side by side', async () => {
    const page = await suite.signedIn()
    await page.goto('/metrics/response_time_p95')
    await page.getByLabel('Break down by').selectOption('percentiles')
    const chart = panel(page, 'Over time')
    await chart.getByText('p99', { exact: true }).waitFor()
    await settled(page)
    expect(await axeViolations(page)).toEqual([])
    await shot(page, 'percentiles')
    await chart.getByRole('button', { name: 'Show table' }).click()
    expect(await chart.getByRole('columnheader').allTextContents()).toEqual(['Period', 'p50', 'p95', 'p99'])
    const figures = (await chart.getByRole('row').nth(2).getByRole('cell').allTextContents()).map(text => Number.parseFloat(text))
    expect(figures).toHaveLength(3)
    expect(figures).toEqual(figures.toSorted((a, b) => a - b))
  })

  test('the next report is previewed with what people write, sent, and kept as it was sent', async () => {
    const page = await suite.signedIn()
    await page.goto('/reports?report=weekly')
    await panel(page, /^Preview for/)
      .getByText('Active weekly users')
      .waitFor()
    await page.getByLabel('Wins').fill('Version 1.1.0 is out\nNobody was paged')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved').waitFor()
    await panel(page, /^Preview for/)
      .getByText('Nobody was paged')
      .waitFor()
    await settled(page)
    expect(await axeViolations(page)).toEqual([])
    await panel(page, /^Preview for/)
      .getByRole('button', { name: 'Send now' })
      .click()
    await page.getByRole('dialog').getByRole('button', { name: 'Send now' }).click()
    const sent = panel(page, /^Sent for/)
    await sent.getByText('Nobody was paged').waitFor()
    // The channels of the demo have no settings, and the page says so.
    await sent.getByText('the channel is off: its settings have no value').first().waitFor()
    expect(await axeViolations(page)).toEqual([])
    await page.goto('/health')
    await panel(page, 'Scheduled jobs').getByText('reports/weekly').waitFor()
  })

  test('a metric since a release, compared with another release, in its address', async () => {
    const page = await suite.signedIn()
    await page.goto('/metrics/commands')
    const range = page.getByRole('combobox', { name: /^Range/ })
    const since = range.locator('option', { hasText: 'Since release' }).first()
    await since.waitFor({ state: 'attached' })
    await range.selectOption((await since.getAttribute('value')) ?? '')
    const version = (await since.getAttribute('value'))?.slice('since:'.length) ?? ''
    await page.getByLabel('Compare with').selectOption(`release:${version}`)
    await panel(page, 'Over time').getByText(`Release ${version}`).last().waitFor()
    const { searchParams } = new URL(page.url())
    expect([searchParams.get('range'), searchParams.get('compare')]).toEqual([`since:${version}`, `release:${version}`])
    await page.reload()
    await panel(page, 'Over time').getByText(`Release ${version}`).last().waitFor()
  })

  test('ingestion health: rejections by reason and dead letters', async () => {
    const codes = await suite.product.sendWrong(
      { event: 'nothing_known', user_id: 'a' },
      { event: 'nothing_known', user_id: 'b' },
      { event: 'downloads', user_id: 'c', properties: { channel: 'pigeon' } },
    )
    expect(codes).toEqual(['unknown_event', 'unknown_event', 'not_allowed'])
    await eventually(async () => {
      const answer = await fetch(`${suite.product.url}/v1/ingestion`, { headers: { authorization: `Bearer ${suite.product.adminToken}` } })
      return ((await answer.json()) as { rejected: Record<string, number> }).rejected.unknown_event === 2
    })
    const page = await suite.signedIn()
    await page.goto('/health')
    await settled(page)
    expect(await textOf(page, 'Last hour')).toMatch(
      /Accepted [\d,]+ .*Rejected 3 .*Dead letters 25 Last 24 hours, 25 in total · 0 quarantined Peak per minute: /,
    )
    expect(await textOf(page, 'Rejections by reason')).toMatch(
      /Event not in the tracking plan unknown_event 2 66\.7% Value not allowed not_allowed 1 33\.3%/,
    )
    expect(await textOf(page, /^Event reconciliation, /)).toContain('No differences')
    const unknown = panel(page, 'Outside the tracking plan')
    await unknown.getByRole('row', { name: /nothing_known \(not in the plan\).* 2 rejected configured key/ }).waitFor()
    await unknown.getByRole('row', { name: /downloads channel Not allowed, 1 1 rejected/ }).waitFor()
    await unknown.getByRole('button', { name: 'Suggest lines for the plan' }).click()
    await unknown.getByText('nothing_known:', { exact: false }).waitFor()
    const letters = panel(page, 'Quarantine and dead letters')
    await letters.getByRole('button', { name: 'Dry run' }).click()
    await letters.getByText('0 of 25 would pass.').waitFor()
    const listed = () => letters.locator('summary').count()
    expect(await listed()).toBe(20)
    await letters.getByRole('button', { name: 'Show older' }).click()
    await eventually(async () => (await listed()) === 25)
    await letters.locator('summary').first().click()
    await letters.getByText('{"broken": 23', { exact: true }).waitFor()
    await letters.locator('summary').last().click()
    await letters.getByText('//4=', { exact: true }).waitFor()
    expect(await axeViolations(page)).toEqual([])
    await shot(page, 'health-dead-letters')
  })
})

const OIDC = { NORTHSTAR_OIDC_ISSUER: 'http://127.0.0.1:9', NORTHSTAR_OIDC_CLIENT_ID: 'northstar', NORTHSTAR_OIDC_READERS: '*' }

describeProduct('single sign-on', { demo: false, env: OIDC }, suite => {
  test('is offered where configured; an unreachable provider is reported', async () => {
    const page = await suite.visit()
    await page.goto('/')
    await page.getByRole('link', { name: 'Sign in with single sign-on' }).waitFor()
    expect(await axeViolations(page)).toEqual([])
    await shot(page, 'login-organisation')
    await page.getByRole('link', { name: 'Sign in with single sign-on' }).click()
    await page.getByText('The identity provider does not respond. Try again later or use another method.').waitFor()
    await page.getByLabel('Access token').fill(suite.product.adminToken)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  })
})
