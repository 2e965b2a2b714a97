import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { axeViolations, LOOKS, look, settled, shot, sideways } from './page.ts'
import { describeProduct } from './suite.ts'

const STATEMENT = 'SELECT week, platform, value\nFROM metrics.downloads_by_platform\nORDER BY week'

describeProduct('the SQL console over the simulated beta', { demo: true }, suite => {
  const editor = (page: Page) => page.getByLabel('SQL statement')
  const rows = (page: Page) => page.getByRole('region', { name: 'Rows' }).getByRole('row')
  const resultOf = (page: Page) => page.getByText(/rows? in \d+\.\d s/)

  async function savedBy(page: Page, button: string): Promise<Buffer> {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()])
    return readFile(await file.path())
  }

  test('from a metric to its view, a statement by keyboard, a chart and files', async () => {
    const page = await suite.signedIn()
    await page.goto('/metrics/downloads')
    await page.getByRole('link', { name: 'Open in the SQL console' }).click()
    await resultOf(page).waitFor()
    expect(await editor(page).inputValue()).toBe('SELECT *\nFROM metrics.downloads\nORDER BY week')
    expect(await rows(page).count()).toBeGreaterThan(3)

    await editor(page).fill(STATEMENT)
    await editor(page).press('Control+Enter')
    await page.getByRole('columnheader', { name: 'platform' }).waitFor()
    expect(new URL(page.url()).searchParams.get('q')).toBe(STATEMENT)
    await page.getByRole('radio', { name: 'Chart' }).check()
    await page.getByText('linux', { exact: true }).first().waitFor()
    expect((await savedBy(page, 'Export CSV')).toString()).toMatch(/^week,platform,value\r\n1,/)
    expect((await savedBy(page, 'Export Parquet')).subarray(0, 4).toString()).toBe('PAR1')

    // The address shows the same to somebody else.
    await page.reload()
    await resultOf(page).waitFor()
  })

  test('a mistake is shown at its place, and a long statement can be stopped', async () => {
    const page = await suite.signedIn({ tolerates: /status of 400/ })
    await page.goto('/sql')
    await editor(page).fill('SELECT week\nFROM metrics.downloads\nWHERE')
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByText('Line 3, column 6').waitFor()
    await editor(page).fill('SELECT sum(cityHash64(number)) FROM numbers(1000000000000)')
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText('Stopped.').waitFor()
    await editor(page).fill("SELECT '#' AS a, file/**/('/etc/passwd')")
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByText(/the function file is not allowed/).waitFor()
  })

  test('views are found by name and put their columns into the statement', async () => {
    const page = await suite.signedIn()
    await page.goto('/sql')
    await page.getByLabel('Find a view').fill('crash')
    await page.getByText('analytics.crashes', { exact: true }).click()
    expect(await page.getByRole('button', { name: /^stack_trace/ }).count()).toBe(0)
    await page.getByRole('button', { name: 'Query this view' }).first().click()
    await resultOf(page).waitFor()
    await editor(page).fill('SELECT  FROM analytics.crashes')
    await editor(page).evaluate((field: HTMLTextAreaElement) => field.setSelectionRange(7, 7))
    await page.getByRole('button', { name: /^platform/ }).click()
    expect(await editor(page).inputValue()).toBe('SELECT platform FROM analytics.crashes')
  })

  test('the read-only role has no console', async () => {
    const page = await suite.signedIn({ token: await suite.product.readKey() })
    expect(await page.getByRole('link', { name: 'SQL', exact: true }).count()).toBe(0)
    await page.goto('/sql')
    await page.getByText('SQL requires the analyst role').waitFor()
  })

  test.each(LOOKS)('is accessible and fits: %s, %s', async (device, colorScheme) => {
    const page = await suite.signedIn(look(device, colorScheme))
    await page.goto(`/sql?${new URLSearchParams({ q: STATEMENT })}`)
    await resultOf(page).waitFor()
    await settled(page)
    expect(await axeViolations(page)).toEqual([])
    await shot(page, `sql-table-${device}-${colorScheme}`)
    await page.getByRole('radio', { name: 'Chart' }).check()
    await settled(page)
    expect(await axeViolations(page)).toEqual([])
    expect(await sideways(page)).toBe(0)
    await shot(page, `sql-${device}-${colorScheme}`)
  })
})
