import picomatch from 'picomatch'
import * as z from 'zod'
import type { Sample, Step } from '../collector.ts'
import type { GitHub } from './client.ts'

const time = z.iso.datetime({ offset: true }).transform(text => Date.parse(text))
const asset = z.looseObject({ id: z.int(), name: z.string(), download_count: z.int().min(0), created_at: time })
const releaseSchema = z.looseObject({
  id: z.int(),
  tag_name: z.string(),
  draft: z.boolean(),
  prerelease: z.boolean(),
  published_at: time.nullable(),
  assets: z.array(asset),
})
type Release = z.output<typeof releaseSchema>

export interface ReleasesConfig {
  readonly releases?: { readonly event: string }
  readonly downloads?: { readonly event: string; readonly assets: readonly { readonly match: string; readonly platform: string }[] }
}

export interface ReleasesCursor {
  /** The ETag of a list with one page. */
  readonly etag?: string
  /** The ids of the sent releases. */
  readonly sent: readonly number[]
  /** The sent number of downloads of each asset. */
  readonly totals: Readonly<Record<string, number>>
}

/** Yields new releases, and for each asset of a known platform its downloads since the last run. */
export async function* collectReleases(
  github: GitHub,
  config: ReleasesConfig,
  stored: ReleasesCursor | undefined,
  now: () => number,
): AsyncGenerator<Step<ReleasesCursor>, void> {
  const first = await github.page('/releases', releaseSchema, { page: 1 }, stored?.etag)
  if (first === null) return
  const releases = [...first.items]
  if (first.hasNext) for await (const page of github.pages('/releases', releaseSchema, { page: 2 })) releases.push(...page)
  const published = releases.filter(({ draft, published_at }) => !draft && published_at !== null)
  const isNew = ({ id }: Release) => !stored?.sent.includes(id)
  const sent = config.releases ? published.filter(isNew).map(release => releaseSample(config.releases?.event ?? '', release)) : []
  const downloads = config.downloads ? downloadSamples(config.downloads, published, stored?.totals, now()) : { samples: [], totals: {} }
  yield {
    samples: [...sent, ...downloads.samples],
    cursor: {
      ...(!first.hasNext && { etag: first.etag }),
      sent: published.map(({ id }) => id),
      totals: { ...stored?.totals, ...downloads.totals },
    },
  }
}

/** `v1.2.0` is the version 1.2.0. */
const versionOf = ({ tag_name }: Release) => tag_name.replace(/^v(?=\d)/, '')

const releaseSample = (event: string, release: Release): Sample => ({
  event,
  id: `release ${release.id}`,
  timestamp: release.published_at ?? 0,
  properties: { version: versionOf(release), prerelease: release.prerelease },
})

/** The downloads since the last run. Those before the first run count at the creation time of their asset. */
function downloadSamples(
  { event, assets }: NonNullable<ReleasesConfig['downloads']>,
  releases: readonly Release[],
  before: ReleasesCursor['totals'] | undefined,
  now: number,
) {
  const platforms = assets.map(({ match, platform }) => ({ matches: picomatch(match, { nocase: true }), platform }))
  const samples: Sample[] = []
  const totals: Record<string, number> = {}
  for (const release of releases) {
    for (const { id, name, download_count: total, created_at } of release.assets) {
      const platform = platforms.find(({ matches }) => matches(name))?.platform
      if (platform === undefined) continue
      const known = before?.[id] ?? 0
      totals[id] = total
      if (total <= known) continue
      const properties = { source: 'github', platform, version: versionOf(release), count: total - known }
      samples.push({ event, id: `asset ${id} ${known} ${total}`, timestamp: before ? now : created_at, properties })
    }
  }
  return { samples, totals }
}
