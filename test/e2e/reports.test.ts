import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { eventually, type Receiver, startReceiver, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { addEvent, type FakeGitHub, hasLabel, isoOf, openIssue, startGitHub } from '../../packages/collectors/src/contract/index.ts'
import { findBrowser, startBrowser } from '../support/browser.ts'
import { caughtUp } from '../support/caught-up.ts'
import { type Installation, startDistributed } from '../support/installation.ts'
import { copyProduct, zoneOfNoon } from '../support/product-copy.ts'
import { createRandom, SEED } from '../support/random.ts'
import { CHANNELS, channelsOf, createKilledSends, type KilledSends, reportsNamed } from '../support/report-kills.ts'
import { allServers } from '../support/servers.ts'

const servers = allServers()
const chromium = findBrowser()

const DAY_MS = 86_400_000
const MEMBERS = 812
const STARS = 130
const CONTRIBUTORS = 22
const DOWNLOADS = 340
/** The reports that are killed while they are sent. */
const KILLED = ['killed-a', 'killed-b']

interface ReportDocument {
  readonly date: string
  readonly markdown: string
  readonly sent: { readonly deliveries: Readonly<Record<string, { readonly outcome: string }>> } | null
}

interface ScheduleDocument {
  readonly jobs: readonly {
    readonly name: string
    readonly last: { readonly due_at: string; readonly finished_at: string } | null
    readonly failing: { readonly problem: string } | null
  }[]
}

describe.skipIf(!servers)('reports and collectors over real servers, with two replicas of reports and of the API', () => {
  let github: FakeGitHub
  let discord: Receiver
  let slack: Receiver
  let folder: TempFolder
  let installation: Installation
  let kills: KilledSends
  /** The addresses of both replicas of the API. */
  let replicas: readonly string[]

  beforeAll(async () => {
    if (!servers) return
    ;[github, discord, slack, folder] = await Promise.all([startGitHub(), startReceiver(), startReceiver(), tempFolder('reports')])
    discord.otherwise({ status: 200, body: JSON.stringify({ approximate_member_count: MEMBERS }) })
    fillRepository(github)
    const product = await copyProduct({ timezone: zoneOfNoon() })
    await change(product.folder, 'collectors.yaml', file => {
      Object.assign(file.collectors.github ?? {}, { api: github.url })
      Object.assign(file.collectors.discord ?? {}, { api: discord.url })
    })
    await change(product.folder, 'reports.yaml', file => {
      // Due soon after any start; of one date it is sent once, however often it is due.
      Object.assign(file.reports.daily ?? {}, { schedule: { every_minutes: 1 } })
      Object.assign(file.reports, reportsNamed(KILLED))
    })
    installation = await startDistributed({
      ...servers,
      product,
      roles: ['ingest,api', 'api', 'counters,warehouse', 'reports', 'reports'],
      env: {
        COLLECT_GITHUB_REPOSITORY: 'caro-cli/caro',
        COLLECT_DISCORD_INVITE: 'caro',
      },
      envOf: n => channelsOf(slack, n),
    })
    replicas = installation.services.filter(({ role }) => role.includes('api')).map(({ url }) => url)
    kills = createKilledSends({ installation, reports: KILLED, random: createRandom(SEED), isTakenOver: kill => kill === 1 })
  }, 180_000)
  afterAll(async () => {
    await installation?.remove()
    await Promise.all([github?.stop(), discord?.stop(), slack?.stop()])
    await folder?.remove()
  })

  const ask = async <T>(url: string, path: string): Promise<T> => {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${installation.env.NORTHSTAR_ADMIN_TOKEN}` } })
    expect(answer.status, path).toBe(200)
    return (await answer.json()) as T
  }
  const jobs = async () => (await ask<ScheduleDocument>(replicas[0] ?? '', '/v1/schedule')).jobs

  interface Point {
    readonly value: number | null
    readonly by?: { readonly priority: string | null }
  }
  /** Values of today, by member where a property is given. */
  async function figure(metric: string, by?: string): Promise<readonly Point[]> {
    const from = new Date(Date.now() - DAY_MS).toISOString()
    const question = new URLSearchParams({ period: 'total', from, to: new Date(Date.now() + 60_000).toISOString(), ...(by && { by }) })
    return (await ask<{ points: readonly Point[] }>(replicas[1] ?? '', `/v1/metrics/${metric}?${question}`)).points
  }
  const openBugs = async () =>
    Object.fromEntries((await figure('bugs_open', 'priority')).flatMap(({ by, value }) => (value ? [[by?.priority ?? 'none', value]] : [])))

  async function collected(): Promise<object> {
    const names = ['github_stars', 'discord_members', 'github_contributors', 'package_downloads']
    const values = await Promise.all(names.map(async name => [name, (await figure(name))[0]?.value ?? null]))
    return { ...Object.fromEntries(values), bugs: await openBugs() }
  }

  test('the daily report arrives once, and collected figures are metrics', async () => {
    await slack.received(1, 120_000)
    const expected = {
      github_stars: STARS,
      discord_members: MEMBERS,
      github_contributors: CONTRIBUTORS,
      package_downloads: DOWNLOADS,
      bugs: bugsOf(github),
    }
    const arrived = async () => isDeepStrictEqual(await collected(), expected)
    await eventually(arrived, { timeoutMs: 60_000, everyMs: 250 }).catch(() => {})
    expect(await collected()).toEqual(expected)
  }, 180_000)

  test('a second run of the collectors adds nothing', async () => {
    const before = await collected()
    const runs = Object.fromEntries((await jobs()).map(({ name, last }) => [name, last?.finished_at]))
    for (const name of ['collectors/github', 'collectors/discord']) {
      const { code, stderr } = await installation.command(['schedule', '--run', name])
      expect(code, stderr).toBe(0)
      await eventually(
        async () => {
          const job = (await jobs()).find(one => one.name === name)
          return job?.failing === null && job.last && job.last.finished_at !== runs[name]
        },
        { what: `a second run of ${name}` },
      )
    }
    await caughtUp(installation)
    expect(await collected()).toEqual(before)
    const { code, stdout } = await installation.command(['verify', '--json'])
    expect(code, stdout).toBe(0)
  }, 120_000)

  test('any replica of the API answers with the report as it was sent, and with a preview of another day', async () => {
    const [first = '', second = ''] = replicas
    const { reports } = await ask<{ reports: readonly { name: string; sent: readonly string[] }[] }>(first, '/v1/reports')
    const date = reports.find(({ name }) => name === 'daily')?.sent[0] ?? ''
    const later = new Date(Date.parse(date) + 3 * DAY_MS).toISOString().slice(0, 10)
    for (const at of [date, later]) {
      const [one, two] = await Promise.all([first, second].map(url => ask<ReportDocument>(url, `/v1/reports/daily?at=${at}`)))
      expect(one).toEqual(two)
      expect(one?.sent === null, at).toBe(at === later)
    }
    const { stdout } = await installation.command(['report', 'daily', '--at', date, '--print'])
    const { markdown, sent } = await ask<ReportDocument>(second, `/v1/reports/daily?at=${date}`)
    expect(stdout).toBe(markdown)
    expect(sent?.deliveries).toEqual({ 'slack-releases': expect.objectContaining({ outcome: 'delivered' }) })
  }, 60_000)

  test.runIf(chromium)(
    'the page of any replica previews the next report and keeps the sent one',
    async () => {
      const browser = await startBrowser(chromium ?? '')
      try {
        const page = await browser.newPage({ baseURL: replicas[1] })
        await page.goto('/login')
        await page.getByLabel('Access token').fill(installation.env.NORTHSTAR_ADMIN_TOKEN ?? '')
        await page.getByRole('button', { name: 'Sign in' }).click()
        await page.getByRole('navigation', { name: 'Pages' }).waitFor()
        await page.goto('/reports?report=weekly')
        await page.getByText(/^Preview for /).waitFor()
        await page.goto('/reports?report=daily')
        await page.locator('.report-day').last().click()
        await page.getByText(/^Sent for /).waitFor()
        await page.getByText('Channels receive exactly this content.').waitFor()
      } finally {
        await browser.close()
      }
    },
    60_000,
  )

  test('a pipeline’s coverage and size arrive at the one address, and a repeat for the same commit counts once', async () => {
    const [lcov, binary] = [join(folder.path, 'coverage.lcov'), join(folder.path, 'app')]
    await writeFile(lcov, 'SF:src/safety/a.rs\nDA:1,1\nDA:2,1\nend_of_record\nSF:src/core/b.rs\nDA:1,1\nDA:2,0\nend_of_record\n')
    await writeFile(binary, Buffer.alloc(8_808_038))
    for (const args of [
      ['collect', 'coverage', lcov, '--category', 'safety=src/safety/**', '--commit', 'abc'],
      ['collect', 'size', binary, '--platform', 'linux', '--commit', 'abc'],
    ])
      for (let run = 0; run < 2; run++) {
        const { code, stderr } = await installation.command(args)
        expect(code, stderr).toBe(0)
      }
    await caughtUp(installation)
    const coverage = (await figure('test_coverage', 'category')) as readonly (Point & { by?: { category: string } })[]
    expect(Object.fromEntries(coverage.map(({ by, value }) => [by?.category, value]))).toMatchObject({ overall: 0.75, safety: 1 })
    expect((await figure('binary_size'))[0]?.value).toBe(8_808_038)
    const { stdout } = await installation.command(['schedule'])
    expect(stdout).toMatch(/reports\/daily .*\n/)
    expect((await installation.command(['collect', 'status'])).stdout).toMatch(/github +github/)
  }, 60_000)

  test('killed around each send, with and without a takeover: one message each, a repeat has the same key and content', async () => {
    const earlier = slack.requests.length
    slack.otherwise(kills.answer)
    const count = await kills.run()
    expect(count).toBe(KILLED.length * CHANNELS.length)
    expect(kills.messages.size).toBe(count)
    expect([...kills.messages.values()].filter(contents => new Set(contents).size > 1)).toEqual([])
    const daily = slack.requests.slice(0, earlier).map(({ headers }) => headers['idempotency-key'])
    expect(new Set(daily).size, 'the daily report was sent once a day').toBe(daily.length)
  }, 180_000)
})

interface Files {
  readonly collectors: Record<string, object>
  readonly reports: Record<string, object>
}

async function change(folder: string, name: 'collectors.yaml' | 'reports.yaml', edit: (file: Files) => void): Promise<void> {
  const path = join(folder, name)
  const file = parse(await readFile(path, 'utf8')) as Files
  edit(file)
  await writeFile(path, stringify(file))
}

/** Issues and stars over two pages each, contributors, and a release. */
function fillRepository({ repository }: FakeGitHub): void {
  const now = Math.floor(Date.now() / 1_000) * 1_000
  for (let i = 0; i < 130; i++) {
    const at = now - 10 * DAY_MS + i * 3_600_000
    const issue = openIssue(repository, at, [i % 5 === 0 ? 'question' : 'bug', `P${i % 4}`], i % 13 === 0)
    if (i % 3 === 0) addEvent(issue, 'closed', at + 60_000)
  }
  for (let i = 0; i < STARS; i++) repository.starredAt.push(isoOf(now - 6 * DAY_MS + i * 3_600_000))
  repository.contributors = CONTRIBUTORS
  const assets = [DOWNLOADS - 100, 100].map((download_count, id) => ({
    id,
    name: ['caro-linux-x64', 'caro-macos-arm64'][id] ?? '',
    created_at: isoOf(now - 3_600_000),
    download_count,
  }))
  repository.releases.push({ id: 1, tag_name: 'v1.1.0', draft: false, prerelease: false, published_at: isoOf(now - 3_600_000), assets })
}

/** Open bugs by priority, as a person would count them. */
function bugsOf({ repository }: FakeGitHub): Readonly<Record<string, number>> {
  const open = repository.issues.filter(
    issue => !issue.isPullRequest && hasLabel(issue, 'bug') && issue.events.every(({ event }) => event !== 'closed'),
  )
  const counts = ['P0', 'P1', 'P2', 'P3'].map(name => [name, open.filter(issue => hasLabel(issue, name)).length] as const)
  return Object.fromEntries(counts)
}
