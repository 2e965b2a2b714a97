import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { GateAnswer } from '@northstar/http-api'
import { eventually } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { axeViolations, LOOKS, look, panel, settled, shot, sideways } from './page.ts'
import { describeProduct } from './suite.ts'

const NORTHSTAR = fileURLToPath(new URL('../../services/northstar/bin/northstar.js', import.meta.url))

describeProduct('releases over the simulated beta, whose 1.1.0 crashes on Linux', { demo: true }, suite => {
  const northstar = (...args: readonly string[]) =>
    new Promise<{ readonly code: number; readonly stdout: string }>(resolve => {
      const env = { ...process.env, NORTHSTAR_URL: suite.product.url, NORTHSTAR_ADMIN_TOKEN: suite.product.adminToken }
      execFile(process.execPath, [NORTHSTAR, ...args], { env }, (error, stdout) => resolve({ code: Number(error?.code ?? 0), stdout }))
    })

  test('the list shows adoption, crash-free sessions and the verdict against the release before', async () => {
    const page = await suite.signedIn()
    await page.goto('/releases')
    await settled(page)
    const rows = await page.getByRole('row').allInnerTexts()
    expect(rows.slice(1).map(row => row.replace(/\s+/g, ' '))).toEqual([
      expect.stringMatching(/^1\.1\.0 Beta Worse 9\d(\.\d)?% 9\d(\.\d)?% \d\d(\.\d)?% [\d,]+ /),
      expect.stringMatching(/^1\.0\.9 Full No difference seen (100|99\.\d)% .* \d+(\.\d)?% /),
      expect.stringMatching(/^1\.0\.8 Full First release /),
    ])
  })

  test('another release to compare with is chosen in the address', async () => {
    const page = await suite.signedIn({ tolerates: /status of 404/ })
    await page.goto('/releases/1.1.0')
    await page.getByLabel('Compare with').selectOption('1.0.8')
    await panel(page, 'Verdict')
      .getByText(/compared with 1\.0\.8/)
      .waitFor()
    expect(new URL(page.url()).searchParams.get('against')).toBe('1.0.8')
    await page.goto('/releases/1.0.8')
    await panel(page, 'Verdict')
      .getByText(/is the first release/)
      .waitFor()
    await page.goto('/releases/9.9.9')
    await page.getByText('No event of release "9.9.9" has arrived', { exact: false }).waitFor()
  })

  test('the gate fails 1.1.0 with the platform in its reason, on the page and on the command line', async () => {
    const { code, stdout } = await northstar('gate', '--release', '1.1.0', '--against', '1.0.9', '--json')
    const gate = JSON.parse(stdout) as GateAnswer
    expect([code, gate.passed]).toEqual([1, false])
    const failed = gate.checks.filter(({ passed }) => passed === false).map(({ name }) => name)
    expect(failed).toEqual(expect.arrayContaining(['crash_rate_not_worse', 'crash_rate_not_worse_linux']))
    expect(gate.checks.find(({ name }) => name === 'crash_rate_not_worse_macos')?.passed).toBe(true)
    expect(gate.checks.find(({ name }) => name === 'bugs_open_p0')?.passed).toBe(true)
    expect(await northstar('gate', '--release', '1.0.9')).toMatchObject({ stdout: expect.stringContaining('1.0.9') })
    expect((await northstar('gate', '--release', '7.0.0')).code).toBe(3)
    expect((await northstar('releases')).stdout).toMatch(/1\.1\.0 .* worse\n1\.0\.9 .* no difference\n/)
    const page = await suite.signedIn()
    await page.goto('/releases/1.1.0')
    await panel(page, 'Gate')
      .getByText(/Crash rate on Linux of 1\.1\.0 is worse than that of 1\.0\.9 at the same age/)
      .waitFor()
  })

  test('the alert fires for Linux alone', async () => {
    const firing = await eventually(
      async () => {
        const { stdout } = await northstar('alerts', 'list', '--json')
        const { alerts } = JSON.parse(stdout) as { alerts: { rule: string; state: string; labels: Record<string, string> }[] }
        const found = alerts.filter(({ rule, state }) => rule === 'release_crashes_more' && state === 'firing')
        return found.length > 0 ? found : undefined
      },
      { what: 'the alert fired', timeoutMs: 60_000 },
    )
    expect(firing.map(({ labels }) => labels.platform)).toEqual(['linux'])
  })

  test('charts over time mark the releases', async () => {
    const page = await suite.signedIn()
    await page.goto('/metrics/crash_rate?period=day&range=30d')
    await settled(page)
    for (const version of ['1.0.8', '1.0.9', '1.1.0']) await page.locator('.chart').getByText(version, { exact: true }).waitFor()
    await page.goto('/')
    await settled(page)
    await expect.poll(() => page.locator('.release-marker').count()).toBe(3)
  })

  test.each(LOOKS)('the pages are accessible and fit: %s, %s', async (device, colorScheme) => {
    const page = await suite.signedIn(look(device, colorScheme))
    for (const path of ['/releases', '/releases/1.1.0']) {
      await page.goto(path)
      await settled(page)
      await shot(page, `${path.slice(1).replaceAll('/', '-')}-${device}-${colorScheme}`)
      expect(await axeViolations(page), path).toEqual([])
      expect(await sideways(page), `${path} scrolls horizontally`).toBe(0)
    }
  })
})
