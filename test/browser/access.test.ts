import { expect, test } from 'vitest'
import { axeViolations, panel, settled, shot } from './page.ts'
import { describeProduct } from './suite.ts'

describeProduct('access', { demo: false }, suite => {
  const statusWith = async (key: string) => {
    const body = JSON.stringify({ event: 'downloads', user_id: 'u' })
    const json = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    return (await fetch(`${suite.product.url}/v1/events`, { method: 'POST', headers: json, body })).status
  }

  test('a key is created, copied where the browser has no clipboard, and deleted after a question', async () => {
    const page = await suite.signedIn()
    // As over plain HTTP.
    await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
    await page.goto('/access')
    const keys = panel(page, 'API keys', true)
    await keys.getByLabel('Name').fill('website')
    await keys.getByLabel('Expires after (days)').fill('30')
    await keys.getByRole('button', { name: 'Create key' }).click()
    const key = await keys.getByRole('status').locator('code').textContent()
    await keys.getByRole('button', { name: 'Copy the key' }).click()
    await keys.getByRole('button', { name: 'Copied' }).waitFor()
    await keys.getByLabel('Name').focus()
    await page.keyboard.press('Control+V')
    expect(await keys.getByLabel('Name').inputValue()).toBe(key)
    await expect.poll(() => statusWith(key ?? ''), { timeout: 20_000 }).toBe(202)

    await keys.getByRole('button', { name: 'Delete the key website' }).click()
    await settled(page)
    expect(await axeViolations(page)).toEqual([])
    await shot(page, 'access-delete')
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await keys.getByText('· expires', { exact: false }).waitFor()
    await keys.getByRole('button', { name: 'Delete the key website' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await keys.getByText('No keys besides the configured one.').waitFor()
    await expect.poll(() => statusWith(key ?? ''), { timeout: 40_000 }).toBe(401)
  })

  test('a key that reads has only the fields that apply to it', async () => {
    const page = await suite.signedIn()
    await page.goto('/access')
    const keys = panel(page, 'API keys', true)
    await keys.getByLabel('Expires after (days)').waitFor()
    await keys.getByLabel('Permission').selectOption('read')
    await keys.getByLabel('Expires after (days)').waitFor({ state: 'detached' })
    expect(await keys.getByRole('spinbutton').count()).toBe(0)
    await keys.getByLabel('Name').fill('wallboard')
    await keys.getByRole('button', { name: 'Create key' }).click()
    await keys.getByText('Read metrics · created', { exact: false }).waitFor()
    // The form is as at first.
    await keys.getByLabel('Expires after (days)').waitFor()
  })

  test('only a user has a password to change', async () => {
    const page = await suite.signedIn()
    await page.goto('/account')
    await panel(page, 'Sessions').getByText('admin token', { exact: false }).first().waitFor()
    expect(await panel(page, 'Password').count()).toBe(0)
  })

  test('a session that ended leads to the sign-in, and from there back to the page', async () => {
    const page = await suite.signedIn()
    await page.goto('/metrics/commands?period=day')
    await settled(page)
    await page.context().clearCookies()
    // The choice ends with the page, so it is only clicked.
    await page.getByRole('radio', { name: 'Months' }).click()
    await page.getByText('Your session has ended.', { exact: false }).waitFor()
    expect(await axeViolations(page)).toEqual([])
    await page.getByLabel('Access token').fill(suite.product.adminToken)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await panel(page, 'Over time').waitFor()
    expect(page.url()).toContain('/metrics/commands?period=month')
  })
})
