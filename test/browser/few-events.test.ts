import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBrowser, startBrowser } from '../support/browser.ts'
import { axeViolations, type RunningProduct, signIn, startProduct, visit } from './product.ts'

const chromium = findBrowser()
const PASSWORD = 'correct horse battery'

const panel = (page: Page, name: string | RegExp) => page.getByRole('region', { name })
// biome-ignore lint/performance/useDomNodeTextContent: the text as it is seen, words apart
const textOf = async (page: Page, name: string | RegExp) => (await panel(page, name).innerText()).replace(/\s+/g, ' ')

describe.runIf(chromium)('an installation with few events', () => {
  let product: RunningProduct
  let browser: Browser

  beforeAll(async () => {
    ;[product, browser] = await Promise.all([startProduct({ demo: false }), startBrowser(chromium ?? '')])
    await product.send({ event: 'github_issue', properties: { number: 7, action: 'opened', priority: 'P0' } })
  })
  afterAll(async () => {
    await browser?.close()
    await product?.stop()
  })

  test('receivers without settings name the variables that they lack, and rules say which of theirs are off', async () => {
    const { page, complaints, close } = await visit(browser, product)
    await signIn(page, product)
    await page.goto('/alerts')
    await panel(page, 'Receivers').getByText('No receiver is on: nobody is notified of alerts').waitFor()
    expect(await textOf(page, 'Receivers')).toMatch(/webhook \(webhook\): off – set NORTHSTAR_ALERT_WEBHOOK_URL/)
    await page.goto('/rules')
    await page
      .getByText(/^Notifies .*\(off\)/)
      .first()
      .waitFor()
    expect(complaints).toEqual([])
    await close()
  })

  test('a responder acknowledges and silences, and administers nothing; the role is changed and the session ended', async () => {
    const headers = { authorization: `Bearer ${product.adminToken}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ name: 'ada', role: 'responder', password: PASSWORD })
    expect((await fetch(`${product.url}/v1/users`, { method: 'POST', headers, body })).status).toBe(201)
    const ada = await visit(browser, product)
    await ada.page.goto('/login')
    await ada.page.getByRole('radio', { name: 'User name and password' }).check()
    await ada.page.getByLabel('User name', { exact: true }).fill('ada')
    await ada.page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await ada.page.getByRole('button', { name: 'Sign in' }).click()
    const pages = ada.page.getByRole('navigation', { name: 'Pages' })
    await pages.waitFor()
    expect((await pages.getByRole('link').allTextContents()).filter(name => /Access|SQL|Instrument/.test(name))).toEqual([])
    expect((await ada.page.request.get('/v1/users')).status()).toBe(403)

    await ada.page.goto('/alerts')
    const card = ada.page.getByRole('listitem').filter({ hasText: 'p0_bugs_open' })
    await card.getByText('Firing').waitFor({ timeout: 60_000 })
    await card.getByRole('button', { name: 'Acknowledge' }).click()
    await card.getByText('Acknowledged by ada').waitFor()
    await card.getByRole('button', { name: 'Silence' }).click()
    const dialog = ada.page.getByRole('dialog')
    await dialog.getByLabel('Comment').fill('Fix in progress')
    await dialog.getByRole('button', { name: 'Silence' }).click()
    await card.getByText('Silenced').waitFor()

    const { page, complaints, close } = await visit(browser, product)
    await signIn(page, product)
    await page.goto('/access')
    await panel(page, 'Users').getByLabel('Role of ada').selectOption('read')
    const roleOfAda = async () => {
      const { users } = (await (await fetch(`${product.url}/v1/users`, { headers })).json()) as {
        users: readonly { name: string; role: string }[]
      }
      return users.find(user => user.name === 'ada')?.role
    }
    await expect.poll(roleOfAda).toBe('read')
    await ada.page.reload()
    await card.getByText('Acknowledged by ada').waitFor()
    expect(await ada.page.getByRole('button', { name: /Acknowledge|Silence|Expire/ }).count()).toBe(0)
    const theirs = panel(page, 'Sessions').getByRole('button', { name: /^End the session of ada/ })
    await theirs.click()
    await theirs.waitFor({ state: 'detached' })
    expect(await axeViolations(page)).toEqual([])
    await ada.page.reload()
    await ada.page.getByLabel('User name', { exact: true }).or(ada.page.getByLabel('Access token')).first().waitFor()
    expect([...complaints, ...ada.complaints]).toEqual([])
    await ada.close()
    await close()
  })
})
