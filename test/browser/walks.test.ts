import { readFile } from 'node:fs/promises'
import { eventually } from '@northstar/testkit'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { axeViolations, panel, settled, textOf } from './page.ts'
import { describeProduct } from './suite.ts'

/** A job done by clicks from the overview or from a link in a notification. A step is a click, a choice or a text. */
function createWalk(job: string) {
  let steps = 0
  return {
    async step(action: Promise<unknown>): Promise<void> {
      await action
      steps++
    },
    end(expected: number): void {
      process.stdout.write(`${job}: ${steps} steps\n`)
      expect(steps, job).toBe(expected)
    },
  }
}

const toPage = (page: Page, name: string) => page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()

describeProduct('the jobs of a release manager, a product manager and somebody on call', { demo: true }, suite => {
  test('is 1.1.0 worse than 1.0.9, and where', async () => {
    const page = await suite.signedIn()
    const { step, end } = createWalk('Is 1.1.0 worse than 1.0.9, and where')
    await step(toPage(page, 'Releases'))
    await step(page.getByRole('link', { name: '1.1.0', exact: true }).click())
    await panel(page, 'Verdict').waitFor({ timeout: 60_000 })
    expect(await textOf(page, 'Verdict')).toMatch(/Worse compared with 1\.0\.9, both at the age of .* Crash rate 0% → \d.*on Linux 0% → \d/)
    expect(await textOf(page, 'Verdict')).not.toMatch(/macOS/)
    end(2)
  })

  test('which crash is new', async () => {
    const page = await suite.signedIn()
    const { step, end } = createWalk('Which crash is new')
    await step(toPage(page, 'Releases'))
    await step(page.getByRole('link', { name: '1.1.0', exact: true }).click())
    const groups = panel(page, 'Crashes by stack')
    await groups.getByText(/1 new in this release/).waitFor({ timeout: 60_000 })
    expect(await groups.getByRole('row').nth(1).textContent()).toMatch(/^New main > agent::run > shell::spawn/)
    end(2)
  })

  test('answer an alert, from its notification', async () => {
    const bug = (action: string) => ({ event: 'github_issue', properties: { number: 977, action, priority: 'P0' } })
    await suite.product.send(bug('opened'))
    const headers = { authorization: `Bearer ${suite.product.adminToken}` }
    const alerts = async () =>
      ((await (await fetch(`${suite.product.url}/v1/alerts`, { headers })).json()) as { alerts: { rule: string; fingerprint: string }[] })
        .alerts
    const alert = await eventually(async () => (await alerts()).find(({ rule }) => rule === 'p0_bugs_open'), { timeoutMs: 60_000 })
    const page = await suite.signedIn()
    const { step, end } = createWalk('Answer an alert')
    await step(page.goto(`/alerts?alert=${alert.fingerprint}`))
    expect(await textOf(page, 'What happened')).toContain('Fix within 4 hours, block new releases')
    await panel(page, 'What changed').getByText('when the alert began').waitFor()
    await step(page.getByRole('button', { name: 'Acknowledge' }).click())
    await page.getByText(/^Acknowledged by /).waitFor()
    await step(page.getByLabel('Add a comment').fill('The fix is in review'))
    await step(page.getByRole('button', { name: 'Comment' }).click())
    await panel(page, 'Comments').getByText('The fix is in review').waitFor()
    await settled(page)
    expect(await axeViolations(page)).toEqual([])
    await suite.product.send(bug('closed'))
    end(4)
  })

  test('export last month’s retention for macOS', async () => {
    const page = await suite.signedIn()
    const { step, end } = createWalk('Export last month’s retention for macOS')
    await step(toPage(page, 'Retention'))
    await step(page.getByLabel('Range').selectOption('30d'))
    await step(page.getByRole('button', { name: 'Add filter' }).click())
    await step(page.getByLabel('Property').selectOption('platform'))
    await step(page.getByLabel('Value').fill('macos'))
    await step(page.getByRole('button', { name: 'Add', exact: true }).click())
    await page.getByText('Platform = macOS').waitFor()
    await settled(page)
    const download = page.waitForEvent('download')
    await step(page.getByRole('button', { name: 'Export CSV' }).click())
    const file = await download
    expect(file.suggestedFilename()).toBe('retention.csv')
    const [head, ...rows] = (await readFile(await file.path(), 'utf8')).split('\r\n')
    expect(head).toBe('cohort,day,value,users,complete,compared_with')
    expect(rows.length).toBeGreaterThan(20)
    expect(new URL(page.url()).search).toContain('where.platform=macos')
    end(7)
  })

  test('show the board the quarter', async () => {
    const page = await suite.signedIn()
    const { step, end } = createWalk('Show the board the quarter')
    await step(page.getByRole('link', { name: 'Active weekly users' }).first().click())
    await step(page.getByRole('radio', { name: 'Quarters' }).check())
    await settled(page)
    const download = page.waitForEvent('download')
    await step(page.getByRole('button', { name: 'Export PNG' }).click())
    expect((await download).suggestedFilename()).toMatch(/^active_weekly_users.*\.png$/)
    expect(new URL(page.url()).search).toContain('period=quarter')
    end(3)
  })
})
