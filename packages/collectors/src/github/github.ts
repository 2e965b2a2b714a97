import * as z from 'zod'
import { defineCollector, type Step } from '../collector.ts'
import { eventField, filled } from '../fields.ts'
import { createGitHub, type GitHub } from './client.ts'
import { collectContributors, collectStars, type StarsCursor } from './counts.ts'
import { collectIssues, type IssuesCursor } from './issues.ts'
import { collectReleases, type ReleasesCursor } from './releases.ts'

const issues = z
  .strictObject({
    event: eventField('a change of a bug, in `number`, `action` (opened, closed, labeled) and `priority`'),
    labels: z.array(z.string().min(1)).min(1).describe('An issue with any of these labels is a bug.'),
    priorities: z.record(z.string(), z.string()).default({}).describe('Priorities by label, the most severe first.'),
    otherwise: z.string().optional().describe('The priority of a bug without such a label. Default: its last one, or none.'),
  })
  .describe('Bugs opened, closed, reopened and relabelled. Pull requests do not count.')
const stars = z.strictObject({ event: eventField('the number of stars, in `value`') }).describe('Stars, with one sample for each past day.')
const contributors = z.strictObject({ event: eventField('the number of people, in `value`') }).describe('People who have contributed.')
const downloads = z
  .strictObject({
    event: eventField('new downloads, in `source` (github), `platform`, `version` and `count`'),
    assets: z
      .array(
        z.strictObject({
          match: z.string().min(1).describe('A pattern for names of assets, such as *-linux-*.'),
          platform: z.string().min(1).describe('The value of `platform`.'),
        }),
      )
      .min(1)
      .describe('The first matching pattern counts. Assets without a match are ignored.'),
  })
  .describe('Downloads of the releases’ assets.')
const releases = z.strictObject({ event: eventField('a release, in `version` and `prerelease`') }).describe('Published releases.')

const schema = z.strictObject({
  repository: z.string().min(1).describe('OWNER/NAME.'),
  token: filled('').describe('A token with read access to the repository. Without one GitHub allows 60 requests an hour.'),
  api: filled('https://api.github.com').describe('The address of the API; of GitHub Enterprise https://HOST/api/v3.'),
  issues: issues.optional(),
  stars: stars.optional(),
  contributors: contributors.optional(),
  downloads: downloads.optional(),
  releases: releases.optional(),
})

interface Cursor {
  /** The repository of the other cursors. Its name may change. */
  readonly repository: string
  readonly id: number
  readonly issues?: IssuesCursor
  readonly stars?: StarsCursor
  readonly contributors?: null
  readonly releases?: ReleasesCursor
}

/** Collects from a GitHub repository over its REST API. */
export const github = defineCollector<typeof schema, Cursor>({
  type: 'github',
  schema,
  sends: config =>
    [
      { field: 'issues', properties: ['number', 'action', 'priority'] },
      { field: 'stars', properties: ['value'] },
      { field: 'contributors', properties: ['value'] },
      { field: 'downloads', properties: ['source', 'platform', 'version', 'count'] },
      { field: 'releases', properties: ['version', 'prerelease'] },
    ].flatMap(({ field, properties }) => {
      const event = config[field as 'issues' | 'stars' | 'contributors' | 'downloads' | 'releases']?.event
      return event === undefined ? [] : [{ field: [field, 'event'], event, properties }]
    }),
  async *collect(config, context) {
    const client = createGitHub({ ...config, api: config.api.replace(/\/+$/, '') }, context.fetch, context.now)
    let cursor = await resume(client, config.repository, context.cursor)
    async function* part<K extends 'issues' | 'stars' | 'contributors' | 'releases'>(
      name: K,
      steps: AsyncGenerator<Step<Cursor[K]>, void>,
    ) {
      for await (const step of steps) {
        cursor = { ...cursor, [name]: step.cursor }
        yield { samples: step.samples, cursor }
      }
    }
    if (config.issues) yield* part('issues', collectIssues(client, config.issues, cursor.id, cursor.issues, context.now))
    if (config.stars) yield* part('stars', collectStars(client, config.stars.event, cursor.stars, context))
    if (config.contributors) yield* part('contributors', collectContributors(client, config.contributors.event, context))
    if (config.releases || config.downloads) yield* part('releases', collectReleases(client, config, cursor.releases, context.now))
  },
})

const identified = z.looseObject({ id: z.int() })

/** The cursor to continue from. A renamed repository continues; another repository starts from the beginning. */
async function resume(client: GitHub, repository: string, stored: Cursor | null): Promise<Cursor> {
  if (stored?.repository === repository) return stored
  const id = (await client.get('', identified))?.value.id ?? 0
  return stored?.id === id ? { ...stored, repository } : { repository, id }
}
