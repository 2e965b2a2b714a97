import * as z from 'zod'
import type { Sample, Step } from '../collector.ts'
import type { GitHub } from './client.ts'

const starred = z.looseObject({ starred_at: z.iso.datetime({ offset: true }).transform(text => Date.parse(text)) })
const anything = z.looseObject({})
const repositorySchema = z.looseObject({ stargazers_count: z.int().min(0) })

/** Days are UTC. Times are epoch ms. */
export interface StarsCursor {
  readonly etag?: string
  /** The page up to which the history is read; absent when it is complete. */
  readonly history?: { readonly page: number; readonly count: number; readonly day?: { readonly name: string; readonly at: number } }
}

/** Samples the number of stars; the first run also has one sample for each past day with a new star. */
export async function* collectStars(
  github: GitHub,
  event: string,
  stored: StarsCursor | undefined,
  { dueAt, now }: { readonly dueAt: number; readonly now: () => number },
): AsyncGenerator<Step<StarsCursor>, void> {
  let cursor: StarsCursor = stored ?? { history: { page: 1, count: 0 } }
  if (cursor.history) {
    for await (const step of starHistory(github, event, cursor.history)) {
      cursor = { ...cursor, history: step.cursor }
      yield { samples: step.samples, cursor }
    }
    cursor = { ...cursor, history: undefined }
  }
  const answer = await github.get('', repositorySchema, cursor.etag)
  const value = answer?.value.stargazers_count
  const samples = value === undefined ? [] : [{ event, id: `stars ${dueAt}`, timestamp: now(), properties: { value } }]
  yield { samples, cursor: answer ? { ...cursor, etag: answer.etag } : cursor }
}

/** GitHub lists at most the first 40,000 stars. */
const LAST_PAGE = 400

async function* starHistory(github: GitHub, event: string, from: NonNullable<StarsCursor['history']>) {
  let { page, count, day } = from
  const sampleOf = (name: string, at: number): Sample => ({ event, id: `stars on ${name}`, timestamp: at, properties: { value: count } })
  const pages = github.pages('/stargazers', starred, { page }, 'application/vnd.github.star+json')
  for await (const stars of pages) {
    const samples: Sample[] = []
    for (const { starred_at: at } of stars) {
      const name = new Date(at).toISOString().slice(0, 10)
      if (day && day.name !== name) samples.push(sampleOf(day.name, day.at))
      ;[day, count] = [{ name, at }, count + 1]
    }
    page++
    yield { samples, cursor: { page, count, day } }
    if (page > LAST_PAGE) return
  }
  if (day) yield { samples: [sampleOf(day.name, day.at)], cursor: { page, count } }
}

/** Samples the number of contributors. GitHub lists at most 500 of them with their accounts. */
export async function* collectContributors(
  github: GitHub,
  event: string,
  { dueAt, now }: { readonly dueAt: number; readonly now: () => number },
): AsyncGenerator<Step<null>, void> {
  let value = 0
  for await (const page of github.pages('/contributors', anything)) value += page.length
  yield { samples: [{ event, id: `contributors ${dueAt}`, timestamp: now(), properties: { value } }], cursor: null }
}
