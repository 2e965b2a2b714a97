import { beforeAll, expect, test } from 'vitest'
import { axeViolations, panel, settled, textOf } from './page.ts'
import type { RunningProduct } from './product.ts'
import { describeProduct } from './suite.ts'

const PASSWORD = 'correct horse battery'

/** When the last whole week and the running one begin, epoch ms, and the running one's number from the launch. */
async function weeksOf({ url, adminToken }: RunningProduct) {
  const answer = await fetch(`${url}/v1/metrics/commands?period=week`, { headers: { authorization: `Bearer ${adminToken}` } })
  const { points } = (await answer.json()) as { points: readonly { from: string }[] }
  return { last: Date.parse(points.at(-2)?.from ?? ''), running: Date.parse(points.at(-1)?.from ?? ''), number: points.length }
}

describeProduct('an installation with few events', { demo: false }, suite => {
  beforeAll(async () => {
    const { last, running } = await weeksOf(suite.product)
    const sent = (event: string, user: string, timestamp: number, properties: object = {}) => {
      return { event, id: `${event}-${user}`, timestamp, user_id: user, session_id: user, properties: { ...properties, platform: 'macos' } }
    }
    const command = (user: string, timestamp: number) => sent('command_generated', user, timestamp, { category: 'devops' })
    const error = (user: string, timestamp: number) => sent('command_generation_error', user, timestamp, { error_type: 'timeout' })
    // The first seconds of both weeks: in the part of the last one that the running one is compared with, whatever the day.
    await suite.product.send(
      ...[1, 2, 3, 4].map(n => command(`last-${n}`, last + n * 1_000)),
      error('last-1', last + 5_000),
      sent('satisfaction_survey', 'last-1', last + 6_000, { rating: 5 }),
      ...[1, 2, 3].flatMap(n => [command(`running-${n}`, running + n), error(`running-${n}`, running + n)]),
      { event: 'github_issue', properties: { number: 7, action: 'opened', priority: 'P0' } },
    )
  })
  test('the running week is a hollow point, without a verdict, compared with the same days of the week before', async () => {
    const { number } = await weeksOf(suite.product)
    const page = await suite.signedIn()
    await page.goto('/metrics/commands?range=30d&period=week')
    const chart = panel(page, 'Over time')
    const hollow = chart.locator('circle[fill="var(--surface)"]')
    await hollow.first().waitFor()
    expect(await hollow.count()).toBe(1)
    await chart.getByRole('button', { name: 'Show table' }).click()
    expect(await chart.getByRole('row').last().textContent()).toMatch(/so far, \d of 7 days/)
    await page.goto(`/?week=${number}`)
    await settled(page)
    expect(await textOf(page, 'Commands')).toMatch(/3 ▼ ?down −1 \(−25%\) .* so far, \d of 7 days$/)
    expect(await textOf(page, 'North star metric')).toMatch(/from the same days of week \d+/)
    await page.goto(`/?week=${number - 1}`)
    await settled(page)
    expect(await textOf(page, 'Commands')).toMatch(/4 .*Week \d+, so far, \d of 7 days 3$/)
  })

  test('the running week sets no axis; a sample that is too small is not judged; a single value is drawn', async () => {
    const page = await suite.signedIn()
    await page.goto('/metrics/error_rate')
    await panel(page, 'Last full week').getByText('Not enough data').waitFor()
    expect(await textOf(page, 'Last full week')).toMatch(/ 25% .*Target ≤ 5% .*Sample: 4/)
    const chart = panel(page, 'Over time')
    const ticks = chart.locator('.recharts-yAxis-tick-labels text')
    await ticks.first().waitFor()
    // The running week has 100%.
    expect((await ticks.allTextContents()).at(-1)).toBe('30%')
    await page.goto('/metrics/csat')
    await panel(page, 'Last full week').getByText('Not enough data').waitFor()
    await chart.locator('circle[fill="var(--series-1)"]').waitFor()
    expect(await chart.locator('circle').count()).toBe(1)
  })

  test('receivers without settings name the variables that they lack, and rules say which of theirs are off', async () => {
    const page = await suite.signedIn()
    await page.goto('/alerts')
    await panel(page, 'Receivers').getByText('No receiver is on: nobody is notified of alerts').waitFor()
    expect(await textOf(page, 'Receivers')).toMatch(/webhook: off \(set NORTHSTAR_ALERT_WEBHOOK_URL\)/)
    await page.goto('/rules')
    await page
      .getByText(/^Notifies .*\(off\)/)
      .first()
      .waitFor()
  })

  test('a responder acknowledges and silences, and administers nothing; the role is changed and the session ended', async () => {
    const headers = { authorization: `Bearer ${suite.product.adminToken}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ name: 'ada', role: 'responder', password: PASSWORD })
    expect((await fetch(`${suite.product.url}/v1/users`, { method: 'POST', headers, body })).status).toBe(201)
    const ada = await suite.visit()
    await ada.goto('/login')
    await ada.getByRole('radio', { name: 'User name and password' }).check()
    await ada.getByLabel('User name', { exact: true }).fill('ada')
    await ada.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await ada.getByRole('button', { name: 'Sign in' }).click()
    const pages = ada.getByRole('navigation', { name: 'Pages' })
    await pages.waitFor()
    expect((await pages.getByRole('link').allTextContents()).filter(name => /Access|SQL|Instrument/.test(name))).toEqual([])
    expect((await ada.request.get('/v1/users')).status()).toBe(403)

    await ada.goto('/alerts')
    const card = panel(ada, 'Active alerts').getByRole('listitem').filter({ hasText: 'P0 bugs open' })
    await card.getByText('Firing').waitFor({ timeout: 60_000 })
    await card.getByRole('button', { name: 'Acknowledge' }).click()
    await card.getByText('Acknowledged by ada').waitFor()
    await card.getByRole('button', { name: 'Silence' }).click()
    const dialog = ada.getByRole('dialog')
    await dialog.getByLabel('Comment').fill('Fix in progress')
    await dialog.getByRole('button', { name: 'Silence' }).click()
    await card.getByText('Silenced').waitFor()

    const page = await suite.signedIn()
    await page.goto('/access')
    await panel(page, 'Users').getByLabel('Role of ada').selectOption('read')
    const roleOfAda = async () => {
      const { users } = (await (await fetch(`${suite.product.url}/v1/users`, { headers })).json()) as {
        users: readonly { name: string; role: string }[]
      }
      return users.find(user => user.name === 'ada')?.role
    }
    await expect.poll(roleOfAda).toBe('read')
    await ada.reload()
    await card.getByText('Acknowledged by ada').waitFor()
    expect(await ada.getByRole('button', { name: /Acknowledge|Silence|Expire/ }).count()).toBe(0)
    const theirs = panel(page, 'Sessions').getByRole('button', { name: /^End the session of ada/ })
    await theirs.click()
    await theirs.waitFor({ state: 'detached' })
    expect(await axeViolations(page)).toEqual([])
    await ada.reload()
    await ada.getByLabel('User name', { exact: true }).or(ada.getByLabel('Access token')).first().waitFor()
  })
})
