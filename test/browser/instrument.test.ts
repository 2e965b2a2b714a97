import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { axeViolations, panel, settled, shot, sideways } from './page.ts'
import { describeProduct } from './suite.ts'

describeProduct('instrumenting', { demo: false }, suite => {
  test('the lines of a test key work as pasted, the event appears, and no metric counts it', async () => {
    const page = await suite.signedIn()
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Instrument' }).click()
    await page.getByText('Events of this key are stored and counted.', { exact: false }).waitFor()
    await page.getByRole('button', { name: 'Create a test key' }).click()
    await page.getByText('no metric counts them', { exact: false }).waitFor()
    await panel(page, 'Last events', true).getByText('No events yet.', { exact: false }).waitFor()
    const lines = await panel(page, 'Send an event', true).locator('pre').textContent()
    const { status, stdout } = spawnSync('bash', ['-c', lines ?? ''], { encoding: 'utf8' })
    expect([status, JSON.parse(stdout)]).toEqual([0, { accepted: 1, rejected: [] }])
    await panel(page, 'Last events', true).getByRole('cell', { name: 'Accepted' }).waitFor()
    const wrong = (lines ?? '').replace(/"event":"\w+"/, '"event":"dowloads"')
    expect(spawnSync('bash', ['-c', wrong]).status).toBe(0)
    await panel(page, 'Last events', true).getByText('did you mean downloads?', { exact: false }).waitFor()
    await settled(page)
    expect(await axeViolations(page)).toEqual([])
    await shot(page, 'instrument')
    const headers = { authorization: `Bearer ${suite.product.adminToken}` }
    const verified = await fetch(`${suite.product.url}/v1/verify`, { headers })
    expect(await verified.json()).toMatchObject({ ok: true, accepted: 0 })
    for (const [language, text] of [
      ['TypeScript', "from '@northstar/sdk'"],
      ['Rust', 'ureq::post'],
      ['Go', 'http.NewRequest'],
      ['Python', 'urlopen'],
    ] as const) {
      await page.getByRole('radio', { name: language }).check()
      await panel(page, 'Send an event', true).locator('pre').getByText(text, { exact: false }).waitFor()
    }
    await page.goto('/access')
    await panel(page, 'API keys', true).getByText('Instrumenting').waitFor()
    expect(await panel(page, 'API keys', true).textContent()).toMatch(/test: not stored .*1 accepted, 1 rejected/s)
  })

  test('on a phone, in the dark, nothing overflows', async () => {
    const page = await suite.signedIn({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' })
    await page.goto('/instrument')
    await panel(page, 'Last events', true).waitFor()
    await settled(page)
    expect(await sideways(page)).toBe(0)
    expect(await axeViolations(page)).toEqual([])
    await shot(page, 'instrument-phone-dark')
  })
})
