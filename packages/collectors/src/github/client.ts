import { Octokit } from '@octokit/core'
import { paginateRest } from '@octokit/plugin-paginate-rest'
import type * as z from 'zod'
import { busyUntil, failureOf, parseAnswer } from '../answers.ts'
import { CollectFailed, type CollectFailedCode, SourceBusy } from '../failures.ts'
import type { SafeFetch } from '../safe-fetch.ts'

export interface GitHubConfig {
  /** The address of the API, without a slash at the end. */
  readonly api: string
  /** `owner/name`. */
  readonly repository: string
  /** Empty without a token. */
  readonly token: string
}

export type Query = Readonly<Record<string, string | number>>

export interface GitHubPage<T> {
  readonly items: readonly T[]
  readonly etag: string | undefined
  readonly hasNext: boolean
}

/** The REST API of one repository. Every method throws CollectFailed and SourceBusy. */
export interface GitHub {
  /** Requests a document below `/repos/OWNER/NAME`; null if it has not changed since `etag`. */
  get<S extends z.ZodType>(path: string, schema: S, etag?: string): Promise<{ readonly value: z.output<S>; readonly etag?: string } | null>
  /** Whether a document exists; false if it was moved (301) or deleted (410), or is not visible (404). */
  exists(path: string): Promise<boolean>
  /** Requests a page of a list; null if it has not changed since `etag`. */
  page<S extends z.ZodType>(path: string, item: S, query: Query, etag?: string): Promise<GitHubPage<z.output<S>> | null>
  /** Requests all pages of a list, from the query's page on. */
  pages<S extends z.ZodType>(path: string, item: S, query?: Query, accept?: string): AsyncGenerator<readonly z.output<S>[]>
}

export const PER_PAGE = 100
/** The wait that GitHub documents for a secondary limit that names no time. */
const SECONDARY_WAIT_MS = 60_000
const VERSION = { 'x-github-api-version': '2022-11-28' }

/** The errors for an issue that was transferred, deleted or hidden. */
const ABSENT: ReadonlySet<CollectFailedCode> = new Set(['moved', 'not_found'])

interface GitHubError {
  readonly status?: number
  readonly cause?: unknown
  readonly response?: { readonly headers: Readonly<Record<string, string | number | undefined>>; readonly data: unknown }
}

const PagingOctokit = Octokit.plugin(paginateRest)

export function createGitHub({ api, repository, token }: GitHubConfig, fetch: SafeFetch, now: () => number): GitHub {
  const { host } = new URL(api)
  const octokit = new PagingOctokit({ baseUrl: api, ...(token !== '' && { auth: token }), userAgent: 'northstar', request: { fetch } })
  octokit.hook.error('request', error => {
    throw (error as GitHubError).status === 304 ? error : toFailure(host, error as GitHubError, now())
  })
  octokit.hook.after('request', ({ status, headers, data }) => {
    if (status >= 300) throw failureOf(host, status, headersOf(headers), messageOf(data), now())
  })
  const route = (path: string) => `GET /repos/${repository}${path}`
  const items = <S extends z.ZodType>(item: S, data: unknown) => parseAnswer(host, item.array(), data)

  async function ask(path: string, query: Query, etag: string | undefined) {
    try {
      return await octokit.request(route(path), { ...query, headers: { ...VERSION, ...(etag !== undefined && { 'if-none-match': etag }) } })
    } catch (error) {
      if ((error as GitHubError).status === 304) return null
      throw error
    }
  }

  return {
    async get(path, schema, etag) {
      const answer = await ask(path, {}, etag)
      return answer && { value: parseAnswer(host, schema, answer.data), etag: answer.headers.etag }
    },
    async exists(path) {
      try {
        await ask(path, {}, undefined)
        return true
      } catch (error) {
        if (error instanceof CollectFailed && ABSENT.has(error.code)) return false
        throw error
      }
    },
    async page(path, item, query, etag) {
      const answer = await ask(path, { per_page: PER_PAGE, ...query }, etag)
      return answer && { items: items(item, answer.data), etag: answer.headers.etag, hasNext: /rel="next"/.test(answer.headers.link ?? '') }
    },
    async *pages(path, item, query = {}, accept = 'application/vnd.github+json') {
      const parameters = { per_page: PER_PAGE, ...query, headers: { ...VERSION, accept } }
      for await (const { data } of octokit.paginate.iterator(route(path), parameters)) yield items(item, data)
    },
  }
}

function toFailure(host: string, error: GitHubError, now: number): unknown {
  if (error.cause instanceof CollectFailed || error instanceof CollectFailed || error instanceof SourceBusy) return error.cause ?? error
  const { status, response } = error
  if (status === undefined || response === undefined) return error
  const headers = headersOf(response.headers)
  const isSecondary = (status === 403 || status === 429) && /rate-limit/.test(String(fieldOf(response.data, 'documentation_url')))
  if (isSecondary && busyUntil(status, headers, now) === null) return new SourceBusy(now + SECONDARY_WAIT_MS, { cause: error })
  return failureOf(host, status, headers, messageOf(response.data), now)
}

const headersOf = (headers: Readonly<Record<string, string | number | undefined>>) => ({
  get: (name: string) => (headers[name] === undefined ? null : String(headers[name])),
})

const fieldOf = (data: unknown, name: string) => (typeof data === 'object' && data !== null ? Reflect.get(data, name) : undefined)

const messageOf = (data: unknown) => String(fieldOf(data, 'message') ?? '')
