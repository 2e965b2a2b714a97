import type { Answer } from '@northstar/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collectAll, collectThrough } from '../collecting.test-data.ts'
import type { Sample } from '../collector.ts'
import { type FakeGitHub, type FakeIssue, startGitHub } from '../contract/github-server.ts'
import { addEvent, fillIssues, hasLabel, isoOf, openIssue, seeded } from '../contract/random-repository.ts'

const DAY = 86_400_000
const FROM = Date.parse('2025-11-01T00:00:00Z')
const NOW = Date.parse('2026-01-20T09:00:00Z')

let github: FakeGitHub
let now: number
beforeEach(async () => {
  now = NOW
  github = await startGitHub()
})
afterEach(() => github.stop())

const fields = (more: object = {}) => ({
  type: 'github',
  api: github.url,
  repository: 'caro-cli/caro',
  issues: { event: 'github_issue', labels: ['bug'], priorities: { P0: 'P0', P1: 'P1', P2: 'P2', P3: 'P3' }, ...more },
})

const collect = (cursor: unknown = null) => collectAll(fields(), cursor, () => now)

/** Runs until a run is complete; the clock advances to the end of each wait. */
const collectPatiently = (cursor: unknown = null) =>
  collectThrough(
    fields(),
    cursor,
    () => now,
    error => {
      now = (error as { until?: number }).until ?? now + 5_000
    },
  )

type Figures = Readonly<Record<string, number>>
const add = (figures: Record<string, number>, key: string) => {
  figures[key] = (figures[key] ?? 0) + 1
}

/** Open bugs by priority at a time, from samples. */
function openAt(samples: readonly Sample[], at: number): Figures {
  const issues = new Map<unknown, { open: boolean; priority: unknown }>()
  for (const { timestamp, properties } of samples) {
    if (timestamp > at) continue
    const { number, action, priority } = properties
    const known = issues.get(number) ?? { open: false, priority: undefined }
    issues.set(number, { open: action === 'labeled' ? known.open : action === 'opened', priority: priority ?? known.priority })
  }
  const figures: Record<string, number> = {}
  for (const { open, priority } of issues.values()) if (open) add(figures, String(priority))
  return figures
}

/** The same from the repository's own records: a bug is open and has the label, or has not had it yet. */
function trulyOpenAt(issues: readonly FakeIssue[], at: number): Figures {
  const figures: Record<string, number> = {}
  for (const { created_at, events } of issues) {
    if (Date.parse(created_at) > at) continue
    const past = events.filter(event => Date.parse(event.created_at) <= at)
    const had = past.some(({ label }) => label?.name === 'bug')
    const labels = new Set<string>()
    let open = true
    let known: string | undefined = events.find(({ event, label }) => event === 'labeled' && /^P\d$/.test(label?.name ?? ''))?.label?.name
    for (const { event, label } of past) {
      if (event === 'labeled' && label) labels.add(label.name)
      if (event === 'unlabeled' && label) labels.delete(label.name)
      if (event === 'closed' || event === 'reopened') open = event === 'reopened'
      known = ['P0', 'P1', 'P2', 'P3'].find(name => labels.has(name)) ?? known
    }
    if (open && (labels.has('bug') || !had)) add(figures, String(known))
  }
  return figures
}

const bugs = () => github.repository.issues.filter(issue => !issue.isPullRequest && hasLabel(issue, 'bug'))

function expectFigures(samples: readonly Sample[], issues: readonly FakeIssue[]) {
  for (let at = FROM; at <= now; at += 3 * DAY) expect(openAt(samples, at), isoOf(at)).toEqual(trulyOpenAt(issues, at))
  expect(openAt(samples, now)).toEqual(trulyOpenAt(issues, now))
  expect(new Set(samples.map(({ id }) => id)).size, 'each sample once').toBe(samples.length)
}

describe('figures equal a count of the repository', () => {
  it('after the history, after changes, and a further run adds nothing', async () => {
    const random = seeded(7)
    fillIssues(github.repository, 350, FROM, NOW, random)
    const first = await collect()
    expect(first.samples.length).toBeGreaterThan(300)
    expectFigures(first.samples, bugs())
    const known = bugs().filter(issue => Object.keys(trulyOpenAt([issue], now)).length > 0)

    const idle = await collect(first.cursor)
    expect(idle.samples).toEqual([])

    now += DAY
    for (const issue of github.repository.issues.filter(() => random() < 0.2)) {
      const at = NOW + Math.floor(random() * 1_000) * 60_000
      if (hasLabel(issue, 'bug') && random() < 0.3) addEvent(issue, 'unlabeled', at, 'bug')
      else addEvent(issue, random() < 0.6 ? 'closed' : 'reopened', at)
    }
    for (let i = 0; i < 20; i++) openIssue(github.repository, NOW + i * 60_000, ['bug', 'P0'])
    const second = await collect(idle.cursor)
    const all = [...new Set([...bugs(), ...known])]
    const samples = [...first.samples, ...second.samples].filter(({ properties }) => all.some(({ number }) => number === properties.number))
    expectFigures(samples, all)
    expect((await collect(second.cursor)).samples).toEqual([])
  })

  it('after failures and limits of the source in between', async () => {
    fillIssues(github.repository, 160, FROM, NOW, seeded(3))
    github.before((request, i): Answer | undefined => {
      const reset = String(Math.ceil(now / 1_000) + 900)
      if (i % 11 === 3) return { status: 500, body: 'oops' }
      if (i % 11 === 5)
        return { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }, body: '{"message":"limit"}' }
      if (i % 11 === 7) return { status: 200, headers: { 'content-type': 'application/json' }, body: '[{"number": 1, "created' }
      if (i % 11 === 9) return 'reset'
      if (/issues\?/.test(request.path) && i % 2 === 0) return { status: 502, body: '' }
      return undefined
    })
    const { samples, cursor } = await collectPatiently()
    expectFigures(samples, bugs())
    expect((await collectPatiently(cursor)).samples).toEqual([])
  })
})

it('an issue that is edited between two pages does not hide another', async () => {
  for (let i = 0; i < 250; i++) openIssue(github.repository, FROM + i * 60_000, ['bug', 'P2'])
  let lists = 0
  github.before(({ path }) => {
    // After the first page three of its issues move to the end, so that those of the second move up.
    if (/issues\?/.test(path) && ++lists === 2)
      for (const issue of github.repository.issues.slice(0, 3)) addEvent(issue, 'labeled', NOW - 60_000, 'P1')
    return undefined
  })
  const { samples } = await collect()
  expectFigures(samples, bugs())
  expect(openAt(samples, now)).toEqual({ P1: 3, P2: 247 })
})

it('all issues of one second are read, even if they do not fit on a page', async () => {
  for (let i = 0; i < 230; i++) openIssue(github.repository, FROM, ['bug'])
  const { samples } = await collect()
  expect(openAt(samples, now)).toEqual({ undefined: 230 })
})

it('issues in a different order than requested are refused, so that none is missed', async () => {
  for (let i = 0; i < 5; i++) openIssue(github.repository, FROM + i * DAY, ['bug'])
  const body = JSON.stringify(
    [5, 1].map(number => ({ number, created_at: isoOf(FROM), updated_at: isoOf(FROM + number * DAY), labels: [] })),
  )
  github.before((_, i) => (i === 0 ? { status: 200, headers: { 'content-type': 'application/json' }, body } : undefined))
  await expect(collect()).rejects.toMatchObject({ code: 'unreadable' })
  expect(openAt((await collectPatiently()).samples, now)).toEqual({ undefined: 5 })
})

it('a bug counts from its report on, with its first priority, and changes of priority follow', async () => {
  const issue = openIssue(github.repository, FROM, [])
  addEvent(issue, 'closed', FROM + DAY)
  addEvent(issue, 'labeled', FROM + 2 * DAY, 'bug')
  addEvent(issue, 'labeled', FROM + 2 * DAY, 'P1')
  addEvent(issue, 'reopened', FROM + 3 * DAY)
  addEvent(issue, 'labeled', FROM + 4 * DAY, 'P0')
  addEvent(issue, 'unlabeled', FROM + 5 * DAY, 'P0')
  addEvent(issue, 'unlabeled', FROM + 6 * DAY, 'bug')
  addEvent(issue, 'labeled', FROM + 7 * DAY, 'bug')
  const { samples } = await collect()
  expect(samples.map(({ timestamp, properties: { action, priority } }) => [(timestamp - FROM) / DAY, action, priority])).toEqual([
    [0, 'opened', 'P1'],
    [1, 'closed', undefined],
    [2, 'labeled', 'P1'],
    [3, 'opened', 'P1'],
    [4, 'labeled', 'P0'],
    [5, 'labeled', 'P1'],
    [6, 'closed', 'P1'],
    [7, 'opened', 'P1'],
  ])
})

it('a bug that is prioritized after it was collected gets its priority', async () => {
  const issue = openIssue(github.repository, FROM, ['bug'])
  const first = await collect()
  addEvent(issue, 'labeled', NOW - 1_000, 'P0')
  const second = await collect(first.cursor)
  expect(second.samples.map(({ properties }) => properties)).toEqual([{ number: 1, action: 'labeled', priority: 'P0' }])
})

it('an unchanged repository needs one request, which is answered with 304', async () => {
  openIssue(github.repository, FROM, ['bug'])
  const first = await collect()
  const second = await collect(first.cursor)
  github.clear()
  await collect(second.cursor)
  expect(github.requests).toHaveLength(1)
  expect(github.requests[0]?.headers['if-none-match']).toBeDefined()
})

it('bugs that were deleted, transferred or hidden are closed within a day, and a second run adds nothing', async () => {
  for (let i = 0; i < 130; i++) openIssue(github.repository, FROM + i * 60_000, ['bug', 'P1'])
  const first = await collect()
  const { issues, gone } = github.repository
  issues.splice(0, 3)
  gone.set(1, 'deleted').set(2, 'transferred')
  now += DAY
  // Closed after the list of changes was read: the next run reads it as any other.
  const closing = issues[0]
  github.before(({ path }) => {
    if (closing && /state=open/.test(path) && closing.events.every(({ event }) => event !== 'closed'))
      addEvent(closing, 'closed', now - 1_000)
    return undefined
  })
  const second = await collect(first.cursor)
  expect(second.samples.map(({ timestamp, properties }) => [timestamp, properties])).toEqual(
    [1, 2, 3].map(number => [now, { number, action: 'closed' }]),
  )
  const third = await collect(second.cursor)
  expect(third.samples.map(({ properties: { number, action } }) => [number, action])).toEqual([[4, 'closed']])
  expect(openAt([...first.samples, ...second.samples, ...third.samples], now)).toEqual({ P1: 126 })
  now += DAY
  github.clear()
  expect((await collect(third.cursor)).samples).toEqual([])
  expect(
    github.requests.filter(({ path }) => /issues\/\d+$/.test(path)),
    'only unlisted issues are requested',
  ).toEqual([])
})

it.each([
  ['the primary limit', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1_000 + 600) }, {}, 600_000],
  ['Retry-After', { 'retry-after': '30' }, {}, 30_000],
  ['a secondary limit without a time', {}, { documentation_url: 'https://docs.github.com/rest/…#about-secondary-rate-limits' }, 60_000],
])('%s ends the run until its end, and the samples before it are kept', async (_, headers, body, waitMs) => {
  for (let i = 0; i < 3; i++) openIssue(github.repository, FROM + i * DAY, ['bug'])
  const limited = {
    status: 403,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ message: 'limit', ...body }),
  }
  github.before((_request, i) => (i === 4 ? limited : undefined))
  const kept: Sample[] = []
  const run = collectAll(
    fields(),
    null,
    () => now,
    step => void kept.push(...step.samples),
  )
  await expect(run).rejects.toMatchObject({ code: 'rate_limited', until: NOW + waitMs })
  expect(kept).toHaveLength(2)
})

it('a token is sent if there is one, and a renamed repository is reported with its remedy', async () => {
  await collect()
  expect(github.requests[0]?.headers.authorization).toBeUndefined()
  await collectAll({ ...fields(), token: 'ghp_secret' }, null, () => now)
  expect(github.requests.at(-1)?.headers.authorization).toBe('token ghp_secret')
  github.before(() => ({
    status: 301,
    headers: { location: 'https://api.github.com/repositories/1' },
    body: '{"message":"Moved Permanently"}',
  }))
  await expect(collect()).rejects.toThrow(/redirects to https:.*configure the new name/)
})

it('changes of a bug after its labels were mapped differently are not lost', async () => {
  const issue = openIssue(github.repository, FROM, ['bug', 'P1'])
  addEvent(issue, 'labeled', FROM + DAY, 'P0')
  const first = await collect()
  addEvent(issue, 'closed', NOW - DAY)
  const { samples } = await collectAll(fields({ priorities: { critical: 'P0' } }), first.cursor, () => now)
  expect(samples.map(({ properties }) => properties)).toEqual([{ number: 1, action: 'closed' }])
})

it('a label that is renamed, in the issue alone or in its history too, changes no figure once it is mapped by its new name', async () => {
  for (const inHistory of [false, true]) {
    const issue = openIssue(github.repository, FROM, ['bug', 'P1'])
    const { samples, cursor } = await collect()
    const at = issue.events.findIndex(({ label }) => label?.name === 'P1')
    const renamed = { name: 'severe', color: 'd73a4a' }
    if (inHistory) issue.events.splice(at, 1, { ...(issue.events[at] as (typeof issue.events)[number]), label: renamed })
    else addEvent(issue, 'unlabeled', NOW - DAY, 'P1')
    if (!inHistory) addEvent(issue, 'labeled', NOW - DAY, 'severe')
    const after = await collectAll(fields({ priorities: { severe: 'P1' } }), cursor, () => now)
    expect(openAt([...samples, ...after.samples], now)).toEqual({ P1: issue.number })
  }
})
