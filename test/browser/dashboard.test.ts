import { eventually } from '@northstar/testkit'
import { beforeAll, expect, test } from 'vitest'
import { addressesOf } from './addresses.ts'
import { axeViolations, LOOKS, look, panel, settled, shifted, shot, sideways, textOf, watchShifts } from './page.ts'
import { describeProduct } from './suite.ts'

describeProduct('the page over the simulated beta', { demo: true }, suite => {
  let addresses: ReadonlyMap<string, string>
  beforeAll(async () => {
    addresses = await addressesOf(suite.product)
  }, 150_000)

  test('without a session the sign-in form is shown, and a wrong token is refused', async () => {
    const page = await suite.visit()
    await page.goto('/')
    await page.getByLabel('Access token').fill('nsa_nothing')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Invalid access token.').waitFor()
    expect(await axeViolations(page)).toEqual([])
    await shot(page, 'login')
    await page.getByLabel('Access token').fill(suite.product.adminToken)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Caro v1.1.0-beta release' }).waitFor()
    await page.getByRole('button', { name: /^Sign out/ }).click()
    await page.getByLabel('Access token').waitFor()
  })

  test('week 2 shows the figures of the release guide in every panel', async () => {
    const page = await suite.signedIn()
    await page.goto('/?week=2')
    await page.getByText('Week 2', { exact: true }).first().waitFor()
    await settled(page)
    expect(await textOf(page, 'North star metric')).toMatch(
      /Active weekly users 250 ▲ ?up \+100 \(\+67%\) from week 1 Week 2 target 250 On target 50% of the goal 500/,
    )
    expect(await textOf(page, 'Downloads')).toMatch(/150 ▼ ?down −50 \(−25%\) Target 150 On target/)
    expect(await textOf(page, 'Activation')).toMatch(/75\.?\d*% .*Target 75%/)
    expect(await textOf(page, 'Retention, week 1')).toMatch(/66\.7% .*Target 67% −0\.3 pp behind/)
    expect(await textOf(page, 'Commands')).toMatch(/2,000 ▲ ?up \+800 \(\+67%\) Target 2,000 On target/)
    expect(await textOf(page, 'Success rate')).toMatch(/8[67](\.\d)?% .*Target 85% \+\d.*ahead/)
    expect(await textOf(page, 'Error rate')).toMatch(/3\.[123]% .*Target ≤ 5% Within target/)
    expect(await textOf(page, 'Health')).toMatch(
      /Bugs open 6 .*P0 0 P1 0 P2 3 P3 3 Crash rate .*≤ 0\.1%.* Test coverage 84% Target 80% Last 24 h .*\+4 pp ahead/,
    )
    expect(await textOf(page, 'Performance (p95)')).toMatch(
      /Simple 45 ms .* Medium 31\d ms Target ≤ 400 ms .* Complex 8[45]\d ms Target ≤ 1,000 ms .* Memory 4[01](\.\d)? MB Target ≤ 50 MB Last 24 h .* Within target/,
    )
    expect(await textOf(page, 'Community growth')).toMatch(
      /GitHub stars 1,200 .*\+100 .*Discord members 680 .*\+80 .*Contributors 22 .*\+2 /,
    )
    expect(await textOf(page, 'Alerts & issues')).toMatch(/P1 2 open .*P2 5 open .*P3 5 open/)
    await page.goto('/?week=3')
    await page.getByText('Week 3', { exact: true }).first().waitFor()
    await settled(page)
    expect(await textOf(page, 'Retention, week 1')).toMatch(/70% ▲ ?up \+3\.3 pp Target 67% \+3 pp ahead/)
  })

  test('numbers and dates follow the browser’s locale', async () => {
    const page = await suite.signedIn({ locale: 'de-DE' })
    await settled(page)
    expect(await textOf(page, 'Commands')).toContain('3.600')
    expect(await textOf(page, 'Retention, week 1')).toMatch(/71,8\s?%/)
  })

  test('an event updates its panel within two seconds', async () => {
    const page = await suite.signedIn()
    await page.goto('/?week=5')
    await page.getByText('Live', { exact: true }).waitFor()
    await settled(page)
    const value = panel(page, 'Downloads').locator('.value')
    let before = Number(await value.textContent())
    const took: number[] = []
    // Best of three: the machine may be busy.
    for (let go = 0; go < 3 && !took.some(ms => ms < 2_000); go++) {
      const began = performance.now()
      await suite.product.send({ event: 'downloads', user_id: `visitor-${go}`, session_id: `s-${go}`, properties: { channel: 'github' } })
      before++
      await value
        .getByText(String(before), { exact: true })
        .or(panel(page, 'Downloads').getByText(String(before), { exact: true }))
        .first()
        .waitFor()
      took.push(performance.now() - began)
    }
    expect(Math.min(...took)).toBeLessThan(2_000)
  })

  test('an alert appears without a reload, and is acknowledged and silenced', async () => {
    const page = await suite.signedIn()
    await page.goto('/alerts')
    // The demo's last release crashes more on Linux.
    const cardOf = (rule: string) => panel(page, 'Active alerts').getByRole('listitem').filter({ hasText: rule })
    await cardOf('New release crashes more').getByText('Firing').waitFor({ timeout: 60_000 })
    await suite.product.send({ event: 'github_issue', properties: { number: 901, action: 'opened', priority: 'P0' } })
    const card = cardOf('P0 bugs open')
    await card.getByText('Firing').waitFor({ timeout: 60_000 })
    await shot(page, 'alerts-desktop-light')
    await card.getByRole('button', { name: 'Acknowledge' }).click()
    await card.getByText(/^Acknowledged by /).waitFor()
    await card.getByRole('button', { name: 'Silence' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Matches 1 active alert and 1 rule.').waitFor()
    expect(await axeViolations(page)).toEqual([])
    await dialog.getByLabel('Matchers').fill('p0_bug_open')
    await dialog.getByText('did you mean "p0_bugs_open"?').waitFor()
    await dialog.getByLabel('Matchers').fill('p0_bugs_open')
    await dialog.getByText('Matches 1 active alert and 1 rule.').waitFor()
    await dialog.getByLabel('Comment').fill('Fix in progress')
    await dialog.getByRole('button', { name: 'Silence' }).click()
    await card.getByText('Silenced').waitFor()
    await panel(page, 'Silences').getByText('Fix in progress').waitFor()
    await panel(page, 'Silences').getByRole('button', { name: 'Expire' }).click()
    await panel(page, 'Silences').waitFor({ state: 'detached' })
  })

  test('a read-only user sees metrics and alerts, and no button that changes them', async () => {
    const key = await suite.product.readKey()
    const page = await suite.signedIn({ token: key })
    await settled(page)
    expect(await textOf(page, 'North star metric')).toContain('Active weekly users')
    const pages = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allTextContents()
    expect(pages.map(text => text.replace(/\d.*/, ''))).toEqual([
      'Overview',
      'Metrics',
      'Releases',
      'Retention',
      'Alerts',
      'Rules',
      'Reports',
      'Health',
    ])
    await page.goto('/alerts')
    await panel(page, 'Active alerts').getByRole('listitem').filter({ hasText: 'P0 bugs open' }).first().waitFor()
    expect(await page.getByRole('button', { name: /Acknowledge|Silence|Expire/ }).count()).toBe(0)
    await page.goto('/rules')
    await page.getByRole('heading', { name: 'High crash rate' }).waitFor()
    expect(await page.getByRole('button', { name: /^Backtest|^Run$/ }).count()).toBe(0)
    await page.goto('/health')
    await panel(page, 'Consumer lag').getByText('Warehouse').waitFor()
    await settled(page)
    expect(await page.getByRole('region', { name: /Event reconciliation|dead letters|Outside the tracking plan/ }).count()).toBe(0)
    expect(await axeViolations(page)).toEqual([])
  })

  test('a notification link shows and focuses its alert after the sign-in, also once it is resolved', async () => {
    const answer = await fetch(`${suite.product.url}/v1/alerts`, { headers: { authorization: `Bearer ${suite.product.adminToken}` } })
    const { alerts } = (await answer.json()) as { alerts: { rule: string; fingerprint: string }[] }
    const link = `/alerts?alert=${alerts.find(({ rule }) => rule === 'p0_bugs_open')?.fingerprint}`
    const page = await suite.visit({ tolerates: /status of 404/ })
    await page.goto(link)
    await page.getByLabel('Access token').fill(suite.product.adminToken)
    await page.getByRole('button', { name: 'Sign in' }).click()
    const focused = page.locator(':focus')
    await focused.getByText('Firing', { exact: true }).waitFor()
    expect(await focused.textContent()).toContain('1 critical bug open')
    await page.goto('/metrics')
    await page.getByRole('status').getByRole('link', { name: '1 critical bug open' }).waitFor()
    await page.getByRole('listitem').filter({ hasText: 'Open bugs' }).getByText('Alert firing').waitFor()
    await page.getByRole('link', { name: '1 critical bug open' }).click()
    await focused.getByText('Firing', { exact: true }).waitFor()
    await suite.product.send({
      event: 'github_issue',
      properties: { number: 901, action: 'closed', priority: 'P0' },
    })
    await page.getByRole('main').getByText('Resolved', { exact: true }).waitFor({ timeout: 60_000 })
    expect(await textOf(page, 'What happened')).toMatch(/Action: Fix within 4 hours.*Fired .*, resolved after /)
    expect(await textOf(page, 'History of this alert')).toMatch(/Fired .* for .*1, limit 0/)
    await settled(page)
    expect(await axeViolations(page)).toEqual([])
    await page.goto('/alerts?alert=0000000000000000')
    await page.getByText('No alert with the fingerprint 0000000000000000 was found.').waitFor()
    // What will not pass is not offered again.
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0)
    await page.goto('/alerts?alert=a-cut-link')
    await page.getByRole('heading', { name: 'Page not found' }).waitFor()
  })

  test('an unknown address gives a page, and a script that is missing after an upgrade reloads the page once', async () => {
    const page = await suite.signedIn({ tolerates: /status of 404|'RulesPage'|dynamically imported module/ })
    const answer = await page.goto('/no/such/page')
    expect(answer?.status()).toBe(404)
    await page.getByRole('heading', { name: 'Page not found' }).waitFor()
    expect(await page.title()).toBe('Page not found · Caro CLI')
    const missing = await page.request.get('/no/such/page', { headers: { accept: 'application/json' } })
    expect(missing.headers()['content-type']).toContain('application/problem+json')
    await page.goto('/')
    let refused = 0
    await page.route(/rules-page.*\.js$/, route => (refused++ < 1 ? route.fulfill({ status: 404 }) : route.continue()))
    await page.getByRole('link', { name: 'Rules' }).click()
    await page.getByRole('heading', { name: 'Alert rules' }).waitFor()
    expect(refused).toBeGreaterThan(1)
  })

  test('figures that the server is too busy for say so next to their names, and come later', async () => {
    const page = await suite.signedIn({ tolerates: /status of 429/ })
    const busy = { status: 429, json: { title: 'Too many', status: 429, code: 'too_many', detail: 'You have 200 queries waiting.' } }
    await page.route('**/v1/values?*', route => route.fulfill(busy))
    await page.goto('/')
    const health = panel(page, 'Health')
    await health.getByText('You have 200 queries waiting. Retrying automatically.').first().waitFor()
    for (const name of await health.getByRole('link').all()) expect((await name.boundingBox())?.height).toBeLessThan(40)
    await page.unroute('**/v1/values?*')
    await health.getByText('Target ≤', { exact: false }).first().waitFor({ timeout: 30_000 })
  })

  test('offline, a page whose script is not loaded says so and is not left', async () => {
    const page = await suite.signedIn({ tolerates: /ERR_INTERNET_DISCONNECTED|dynamically imported module|ReportsPage/ })
    await page.goto('/')
    await settled(page)
    await page.context().setOffline(true)
    await page.getByRole('link', { name: 'Reports' }).click()
    await page.getByRole('heading', { name: 'Something went wrong' }).waitFor()
    await page.getByRole('link', { name: 'Overview' }).click()
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.context().setOffline(false)
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 20_000 })
  })

  test('an invited user chooses a password and signs in with it', async () => {
    const page = await suite.signedIn()
    await page.goto('/access')
    await panel(page, 'Users').getByLabel('Name').fill('grace')
    await panel(page, 'Users').getByRole('button', { name: 'Invite' }).click()
    const link = await panel(page, 'Users').getByRole('status').locator('code').textContent()
    expect(await axeViolations(page)).toEqual([])
    await shot(page, 'access')
    // The first answer to the link asks for the password, which the browser logs as a 400, and a wrong password is a 403.
    const theirs = await suite.visit({ tolerates: /status of 40[03]/ })
    await theirs.goto(link ?? '')
    // Opening the link uses nothing up, as a preview in a chat would: the button does.
    await theirs.reload()
    await theirs.getByRole('button', { name: 'Sign in' }).click()
    await theirs.getByLabel(/^New password/).fill('correct horse battery')
    expect(await axeViolations(theirs)).toEqual([])
    await theirs.getByRole('button', { name: 'Set password and sign in' }).click()
    await theirs.getByRole('navigation', { name: 'Pages' }).waitFor()
    await theirs.goto('/account')
    await theirs.getByRole('heading', { name: 'grace' }).waitFor()
    expect(await axeViolations(theirs)).toEqual([])
    await theirs.getByLabel(/^Current password/).fill('not her password')
    await theirs.getByLabel(/^New password/).fill('another good password')
    await theirs.getByRole('button', { name: 'Update password' }).click()
    await theirs.getByText('The current password is wrong.').waitFor()
    await theirs.context().clearCookies()
    await theirs.goto('/login')
    await theirs.getByRole('radio', { name: 'User name and password' }).check()
    await theirs.getByLabel('User name', { exact: true }).fill('grace')
    await theirs.getByLabel('Password', { exact: true }).fill('correct horse battery')
    await theirs.getByRole('button', { name: 'Sign in' }).click()
    await theirs.getByRole('navigation', { name: 'Pages' }).waitFor()
    // Removing her asks first.
    await page.reload()
    await page.getByRole('button', { name: 'Remove grace' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await panel(page, 'Users').getByText('grace').waitFor()
    await page.getByRole('button', { name: 'Remove grace' }).click()
    expect(await axeViolations(page)).toEqual([])
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await panel(page, 'Users').getByText('grace').waitFor({ state: 'detached' })
  })

  test.each(['light', 'dark'] as const)('no page has an axe violation, %s', async colorScheme => {
    const page = await suite.signedIn({ colorScheme })
    for (const path of addresses.values()) {
      await page.goto(path)
      await settled(page)
      expect(await axeViolations(page), path).toEqual([])
    }
  })

  test.each(LOOKS)('screenshots: %s, %s', async (device, colorScheme) => {
    const page = await suite.signedIn(look(device, colorScheme))
    for (const [name, path] of addresses) {
      await page.goto(path)
      await settled(page)
      await shot(page, `${name}-${device}-${colorScheme}`)
      expect(await sideways(page), `${path} scrolls horizontally`).toBe(0)
    }
  })

  test('the first view loads less than 120 kB of script, all from this origin', async () => {
    const page = await suite.signedIn()
    const scripts: Promise<number>[] = []
    page.on('response', response => {
      if (/\.js$/.test(response.url()))
        scripts.push(
          response
            .request()
            .sizes()
            .then(sizes => sizes.responseBodySize),
        )
    })
    await page.goto('/', { waitUntil: 'networkidle' }).catch(() => undefined)
    await settled(page)
    const sizes = await eventually(async () => (scripts.length > 0 ? await Promise.all(scripts) : undefined), { what: 'scripts came' })
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(120_000)
  })

  test.each([
    ['a desktop', { width: 1280, height: 900 }],
    ['a phone', { width: 390, height: 844 }],
  ])('pages load without layout shifts on %s', async (_, viewport) => {
    const page = await suite.signedIn({ viewport })
    await watchShifts(page)
    const shifts: Record<string, number> = {}
    for (const path of addresses.values()) {
      await page.goto(path)
      await page.getByRole('main').waitFor()
      await settled(page)
      shifts[path] = await shifted(page)
    }
    // A cumulative layout shift below 0.1 is rated good.
    expect(Object.entries(shifts).filter(([, share]) => share >= 0.1)).toEqual([])
  })

  test('keyboard only: the skip link is first, the week changes, the theme persists', async () => {
    const page = await suite.signedIn()
    await page.goto('/')
    await settled(page)
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
    await page.getByRole('button', { name: 'Previous week' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('Week 3', { exact: true }).first().waitFor()
    await page.getByRole('button', { name: /^Theme/ }).focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await page.reload()
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark')
  })
})

describeProduct('the page before the first event', { demo: false }, suite => {
  test('shows the command that sends one, with the real key, and the event arrives', async () => {
    const page = await suite.signedIn()
    const steps = page.getByRole('region', { name: 'No events yet' })
    await steps.getByText('nsw_for-the-browser-tests').waitFor()
    await settled(page)
    expect(await axeViolations(page)).toEqual([])
    await shot(page, 'empty')
    await suite.product.send({ event: 'command_generated', user_id: 'me', session_id: 'first', properties: { category: 'devops' } })
    await steps.waitFor({ state: 'detached' })
  })
})
