import { afterEach, beforeEach, expect, it } from 'vitest'
import { collectAll, collectThrough } from '../collecting.test-data.ts'
import { type FakeGitHub, startGitHub } from '../contract/github-server.ts'
import { isoOf, openIssue } from '../contract/random-repository.ts'

const DAY = 86_400_000
const FROM = Date.parse('2026-01-01T10:00:00Z')
const NOW = Date.parse('2026-01-20T09:00:00Z')

let github: FakeGitHub
let now: number
beforeEach(async () => {
  now = NOW
  github = await startGitHub()
})
afterEach(() => github.stop())

const collect = (parts: object, cursor: unknown = null) =>
  collectAll({ type: 'github', api: `${github.url}/`, repository: 'caro-cli/caro', ...parts }, cursor, () => now)

it('stars have a sample for each past day and the number now', async () => {
  for (let day = 0; day < 10; day++) for (let i = 0; i < 25; i++) github.repository.starredAt.push(isoOf(FROM + day * DAY + i * 60_000))
  const stars = { stars: { event: 'github_stars' } }
  const first = await collect(stars)
  const values = first.samples.map(({ timestamp, properties }) => [isoOf(timestamp).slice(0, 10), properties.value])
  expect(values).toEqual([
    ...Array.from({ length: 10 }, (_, day) => [isoOf(FROM + day * DAY).slice(0, 10), 25 * (day + 1)]),
    ['2026-01-20', 250],
  ])
  expect((await collect(stars, first.cursor)).samples, 'unchanged').toEqual([])
  github.repository.starredAt.push(isoOf(NOW))
  now += 900_000
  expect((await collect(stars, first.cursor)).samples.map(({ properties }) => properties.value)).toEqual([251])
})

it('removed stars lower the number', async () => {
  for (let i = 0; i < 30; i++) github.repository.starredAt.push(isoOf(FROM + i * 60_000))
  const stars = { stars: { event: 'github_stars' } }
  const first = await collect(stars)
  github.repository.starredAt.splice(4, 3)
  now += 900_000
  const second = await collect(stars, first.cursor)
  expect(second.samples.map(({ properties }) => properties.value)).toEqual([27])
  expect((await collect(stars, second.cursor)).samples).toEqual([])
})

it('an interrupted history of stars continues where it stopped', async () => {
  for (let i = 0; i < 450; i++) github.repository.starredAt.push(isoOf(FROM + i * 3_600_000))
  const stars = { stars: { event: 'github_stars' } }
  const whole = await collect(stars)
  const failThird = () => github.before((_, i) => (i === 2 ? { status: 502, body: '' } : undefined))
  failThird()
  const parts = { type: 'github', api: github.url, repository: 'caro-cli/caro', ...stars }
  const { samples } = await collectThrough(parts, null, () => now, failThird)
  expect(samples).toEqual(whole.samples)
})

it('contributors are counted over all pages', async () => {
  github.repository.contributors = 234
  const { samples } = await collect({ contributors: { event: 'github_contributors' } })
  expect(samples.map(({ properties }) => properties.value)).toEqual([234])
})

const downloads = {
  downloads: {
    event: 'release_downloads',
    assets: [
      { match: '*darwin*', platform: 'macos' },
      { match: '*.exe', platform: 'windows' },
    ],
  },
  releases: { event: 'github_release' },
}

function release(id: number, version: string, counts: Readonly<Record<string, number>>, prerelease = false) {
  const created_at = isoOf(FROM + id * DAY)
  const assets = Object.entries(counts).map(([name, download_count], i) => ({ id: id * 10 + i, name, created_at, download_count }))
  return { id, tag_name: version, draft: false, prerelease, published_at: created_at, assets }
}

it('downloads of assets count once by platform and version, history at the time of the asset', async () => {
  const { releases } = github.repository
  releases.push(release(1, 'v1.0.0', { 'caro-darwin.tar.gz': 40, 'caro.exe': 7, 'checksums.txt': 99 }))
  releases.push({ ...release(2, 'v2.0.0', { 'caro.exe': 3 }), draft: true, published_at: null })
  const first = await collect(downloads)
  expect(first.samples.map(({ event, timestamp, properties }) => [event, timestamp, properties])).toEqual([
    ['github_release', FROM + DAY, { version: '1.0.0', prerelease: false }],
    ['release_downloads', FROM + DAY, { source: 'github', platform: 'macos', version: '1.0.0', count: 40 }],
    ['release_downloads', FROM + DAY, { source: 'github', platform: 'windows', version: '1.0.0', count: 7 }],
  ])
  expect((await collect(downloads, first.cursor)).samples).toEqual([])

  now += DAY
  const [asset] = releases[0]?.assets ?? []
  if (asset) asset.download_count = 52
  releases.unshift(release(3, 'v1.1.0-beta', { 'caro-darwin-arm64.tar.gz': 5 }, true))
  const second = await collect(downloads, first.cursor)
  expect(second.samples.map(({ event, timestamp, properties }) => [event, timestamp, properties])).toEqual([
    ['github_release', FROM + 3 * DAY, { version: '1.1.0-beta', prerelease: true }],
    ['release_downloads', now, { source: 'github', platform: 'macos', version: '1.1.0-beta', count: 5 }],
    ['release_downloads', now, { source: 'github', platform: 'macos', version: '1.0.0', count: 12 }],
  ])
})

it('many releases are read over all pages', async () => {
  for (let id = 130; id >= 1; id--) github.repository.releases.push(release(id, `v1.${id}.0`, { 'caro.exe': id }))
  const { samples } = await collect(downloads)
  const counts = samples.filter(({ event }) => event === 'release_downloads').map(({ properties }) => Number(properties.count))
  expect(counts.reduce((sum, n) => sum + n, 0)).toBe((130 * 131) / 2)
})

it('a renamed repository continues where it stopped, and another one with its name starts anew', async () => {
  const { repository } = github
  openIssue(repository, FROM, ['bug', 'P1'])
  repository.starredAt.push(isoOf(FROM))
  const asset = { id: 5, name: 'caro-linux', created_at: isoOf(FROM), download_count: 40 }
  repository.releases.push({ id: 1, tag_name: 'v1', draft: false, prerelease: false, published_at: isoOf(FROM), assets: [asset] })
  const parts = {
    issues: { event: 'github_issue', labels: ['bug'], priorities: { P1: 'P1' } },
    downloads: { event: 'package_downloads', assets: [{ match: '*linux*', platform: 'linux' }] },
    releases: { event: 'github_release' },
  }
  const first = await collect(parts)
  expect(new Set(first.samples.map(({ event }) => event)).size).toBe(3)
  repository.path = '/repos/caro-cli/caro-next'
  await expect(collect(parts, first.cursor)).rejects.toMatchObject({ code: 'moved', message: expect.stringContaining('the new name') })
  const renamed = await collect({ ...parts, repository: 'caro-cli/caro-next' }, first.cursor)
  expect(renamed.samples).toEqual([])
  repository.path = '/repos/caro-cli/caro'
  repository.id++
  const other = await collect(parts, renamed.cursor)
  expect(other.samples.map(({ event }) => event)).toEqual(first.samples.map(({ event }) => event))
  const ids = new Set(first.samples.map(({ id }) => id))
  expect(other.samples.filter(({ event, id }) => event === 'github_issue' && ids.has(id))).toEqual([])
})

it('a deleted or hidden repository is named', async () => {
  github.repository.path = '/repos/elsewhere/caro'
  github.repository.isRedirected = false
  const run = collect({ stars: { event: 'github_stars' } })
  await expect(run).rejects.toMatchObject({ code: 'not_found', message: expect.stringMatching(/does not have it \(404\): Not Found/) })
})
