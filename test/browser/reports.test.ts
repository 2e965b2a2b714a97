import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually, type Receiver, startReceiver, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, expect, test } from 'vitest'
import { startVendors, type Vendors } from '../../packages/notifications/src/contract/vendors.ts'
import { htmlOf } from './mail.ts'
import { axeViolations, settled, shot, sideways } from './page.ts'
import type { ProductOptions } from './product.ts'
import { describeProduct } from './suite.ts'

const CARO = fileURLToPath(new URL('../../deploy/products/caro', import.meta.url))

const beginningOfNextMonth = (date: string) =>
  new Date(Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)), 2)).toISOString().slice(0, 10)

/** The Caro product with texts of its files replaced. */
async function copyCaro(folder: string, changes: readonly (readonly [file: string, from: string, to: string])[]): Promise<string> {
  const copy = join(folder, 'product')
  await cp(CARO, copy, { recursive: true })
  for (const [file, from, to] of changes) {
    const text = await readFile(join(copy, file), 'utf8')
    expect(text).toContain(from)
    await writeFile(join(copy, file), text.replace(from, to))
  }
  return copy
}

let folder: TempFolder
let vendors: Vendors

/** The demo with a stand-in for each vendor. */
async function withVendors(): Promise<ProductOptions> {
  ;[folder, vendors] = [await tempFolder('reports'), await startVendors()]
  const { slack, discord, x, email } = vendors.channels as unknown as Readonly<
    Record<string, { readonly url: string; readonly smtp: string }>
  >
  const copy = await copyCaro(folder.path, [
    ['channels.yaml', 'type: x, access_token', `type: x, url: "${x?.url}", access_token`],
    [
      'reports.yaml',
      'channels: [discord-announcements, x-announcements]',
      'channels: [discord-announcements, x-announcements, email-stakeholders]',
    ],
  ])
  const env = {
    NORTHSTAR_PRODUCT: copy,
    NORTHSTAR_ALLOW_PRIVATE_TARGETS: '1',
    SLACK_RELEASES_WEBHOOK_URL: slack?.url ?? '',
    DISCORD_ANNOUNCEMENTS_WEBHOOK_URL: discord?.url ?? '',
    X_ACCESS_TOKEN: 'token',
    SMTP_URL: email?.smtp ?? '',
    REPORT_EMAIL_FROM: 'northstar@example.com',
    REPORT_EMAIL_TO: 'stakeholders@example.com',
  }
  return { demo: true, env }
}

describeProduct('reports as people see them', withVendors, suite => {
  afterAll(async () => {
    await vendors?.stop()
    await folder?.remove()
  })

  const call = (path: string, method: string, body: object) =>
    fetch(suite.product.url + path, {
      method,
      headers: { authorization: `Bearer ${suite.product.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).then(async answer => (await answer.json()) as { readonly sent: { readonly deliveries: Readonly<Record<string, object>> } })

  test.each(['daily', 'weekly', 'monthly'])('the %s report of the demo keeps to the limits of its vendors', async name => {
    const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/New_York', dateStyle: 'short' }).format(Date.now())
    // The demo lies in the last four weeks, so most of it is in this month or in the last one.
    const at = name === 'monthly' && Number(today.slice(8)) > 14 ? beginningOfNextMonth(today) : today
    const notes = {
      wins: ['Version 1.1.0 is out', 'Nobody was paged'],
      challenges: ['Commands time out on slow networks (#128)'],
      priorities: ['Fix the crash of 1.1.0 on Linux'],
      community: ['Three people contributed for the first time'],
      roadmap: ['Windows support in version 1.2.0'],
    }
    await call(`/v1/reports/${name}/notes/${at}`, 'PUT', { notes })
    const { sent } = await call(`/v1/reports/${name}/send`, 'POST', { at })
    expect(Object.values(sent.deliveries)).toEqual(
      Object.values(sent.deliveries).map(() => expect.objectContaining({ outcome: 'delivered' })),
    )
    expect(vendors.refused).toEqual([])
  })

  test.each([
    ['Weekly Progress Update', 600, 'light', 3],
    ['Weekly Progress Update', 600, 'dark', 3],
    ['Weekly Progress Update', 390, 'light', 3],
    ['Weekly Progress Update', 390, 'dark', 3],
    ['Monthly Update', 600, 'light', 0],
    ['Monthly Update', 390, 'dark', 0],
  ] as const)(
    'the mail %s at %i px, %s',
    async (title, width, colorScheme, charts) => {
      const mail = vendors.events.find(({ vendor, text }) => vendor === 'email' && htmlOf(mailOf(text)).includes(title))
      const context = await suite.browser.newContext({ colorScheme, viewport: { width, height: 800 } })
      const page = await context.newPage()
      await page.setContent(htmlOf(mailOf(mail?.text ?? '')))
      const images = page.locator('img')
      await expect.poll(() => images.evaluateAll(all => all.every(image => (image as HTMLImageElement).naturalWidth === 1040))).toBe(true)
      expect(await images.count()).toBeGreaterThanOrEqual(charts)
      expect(await sideways(page)).toBe(0)
      expect((await axeViolations(page)).filter(violation => /^(color-contrast|image-alt)/.test(violation))).toEqual([])
      await shot(page, `mail-${title.split(' ')[0]?.toLowerCase()}-${width}-${colorScheme}`)
      await context.close()
    },
    120_000,
  )

  /** The stand-in for the mail server puts the subject before the mail. */
  const mailOf = (text: string) => text.slice(text.indexOf('\n') + 1)
})

let unknownFolder: TempFolder
let discord: Receiver

/** A product that collects from a receiver, and whose gate has a condition on collected figures. */
async function withCollector(): Promise<ProductOptions> {
  ;[unknownFolder, discord] = [await tempFolder('unknown'), await startReceiver()]
  discord.otherwise({ status: 200, body: '{"approximate_member_count": 812}' })
  const copy = await copyCaro(unknownFolder.path, [
    ['releases.yaml', 'gate:\n', 'gate:\n  - { metric: discord_members, at_least: 1 }\n'],
    ['collectors.yaml', 'type: discord\n', `type: discord\n    api: ${discord.url}\n    stale_after: 1s\n`],
  ])
  return { demo: false, env: { NORTHSTAR_PRODUCT: copy, NORTHSTAR_ALLOW_PRIVATE_TARGETS: '1', COLLECT_DISCORD_INVITE: 'caro' } }
}

describeProduct('a figure whose collector fails', withCollector, suite => {
  afterAll(async () => {
    await discord?.stop()
    await unknownFolder?.remove()
  })

  test('is unknown since its last complete run, with the collector and its reason', async () => {
    const headers = { authorization: `Bearer ${suite.product.adminToken}` }
    const read = async (path: string) => (await fetch(suite.product.url + path, { headers })).json()
    interface Status {
      readonly name: string
      readonly fresh_at: string | null
      readonly unknown: string | null
    }
    const status = async () =>
      ((await read('/v1/collectors')) as { collectors: Status[] }).collectors.find(({ name }) => name === 'discord')
    await eventually(async () => (await status())?.fresh_at, { timeoutMs: 60_000, what: 'the first run' })
    discord.otherwise({ status: 401, body: '{"message": "401: Unauthorized"}' })
    await fetch(`${suite.product.url}/v1/schedule/${encodeURIComponent('collectors/discord')}/run`, { method: 'POST', headers })
    await eventually(async () => (await status())?.unknown?.includes('failed'), { timeoutMs: 60_000, what: 'the failed run' })
    const reason = /unknown since .*collector discord failed: 127\.0\.0\.1:\d+ refused access \(401\)/i

    const properties = { platform: 'linux', channel: 'website', version: '1.1.0' }
    await suite.product.send({ event: 'downloads', user_id: 'ann', properties })
    const gate = () => read('/v1/releases/1.1.0/gate') as Promise<{ checks: { name: string; passed: boolean | null; reason: string }[] }>
    const check = await eventually(async () => (await gate()).checks.find(({ name }) => name === 'discord_members'), { timeoutMs: 60_000 })
    expect(check).toMatchObject({ passed: null, reason: expect.stringMatching(reason) })

    const page = await suite.signedIn()
    for (const path of ['/metrics/discord_members', '/']) {
      await page.goto(path)
      await page.getByText(reason).first().waitFor()
    }
    await settled(page)
    await shot(page, 'unknown-since')
    expect(await axeViolations(page)).toEqual([])
  }, 180_000)
})
