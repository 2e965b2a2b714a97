import { type Answer, type ReceivedRequest, type Receiver, startReceiver } from '@northstar/testkit'

export interface FakeEvent {
  readonly id: number
  readonly event: string
  readonly created_at: string
  readonly label?: { readonly name: string; readonly color: string }
}

export interface FakeIssue {
  readonly number: number
  readonly created_at: string
  readonly isPullRequest: boolean
  readonly events: FakeEvent[]
  updated_at: string
}

export interface FakeAsset {
  readonly id: number
  readonly name: string
  readonly created_at: string
  download_count: number
}

export interface FakeRelease {
  readonly id: number
  readonly tag_name: string
  readonly draft: boolean
  readonly prerelease: boolean
  readonly published_at: string | null
  readonly assets: FakeAsset[]
}

/** The content of a repository. */
export interface FakeRepository {
  id: number
  /** `/repos/OWNER/NAME`. */
  path: string
  /** Whether the first address redirects to the new one after a rename. */
  isRedirected: boolean
  readonly issues: FakeIssue[]
  /** Removed issues by number, and how they were removed. Other missing issues are not visible. */
  readonly gone: Map<number, 'deleted' | 'transferred'>
  readonly starredAt: string[]
  contributors: number
  readonly releases: FakeRelease[]
}

export interface FakeGitHub {
  readonly url: string
  readonly repository: FakeRepository
  readonly requests: Receiver['requests']
  /** Called before each answer; a returned answer replaces it. */
  before(hook: (request: ReceivedRequest, index: number) => Answer | undefined): void
  clear(): void
  stop(): Promise<void>
}

const FIRST_PATH = '/repos/caro-cli/caro'
const EVENTS = /^\/issues\/(\d+)\/events$/
const ISSUE = /^\/issues\/(\d+)$/

/** A server that answers as GitHub's REST API documents, for the repository `caro-cli/caro`. Written from the public documents. */
export async function startGitHub(): Promise<FakeGitHub> {
  const receiver = await startReceiver()
  const repository: FakeRepository = {
    id: 1_296_269,
    path: FIRST_PATH,
    isRedirected: true,
    issues: [],
    gone: new Map(),
    starredAt: [],
    contributors: 0,
    releases: [],
  }
  let hook: (request: ReceivedRequest, index: number) => Answer | undefined = () => undefined
  let index = 0
  receiver.otherwise(request => hook(request, index++) ?? answer(request, receiver.url, repository))
  return {
    url: receiver.url,
    repository,
    requests: receiver.requests,
    before: given => {
      ;[hook, index] = [given, 0]
    },
    clear: receiver.clear,
    stop: receiver.stop,
  }
}

function answer(request: ReceivedRequest, base: string, repository: FakeRepository): Answer {
  const url = new URL(request.path, base)
  if (!isBelow(url.pathname, repository.path)) {
    if (!repository.isRedirected || !isBelow(url.pathname, FIRST_PATH)) return json(404, { message: 'Not Found' })
    return json(301, { message: 'Moved Permanently' }, { location: `https://api.github.com/repositories/${repository.id}` })
  }
  const path = url.pathname.slice(repository.path.length)
  const since = url.searchParams.get('since') ?? ''
  if (path === '') return conditional(request, json(200, { id: repository.id, stargazers_count: repository.starredAt.length }))
  if (path === '/issues') {
    // `since` is inclusive. The order is that of the updates; equal ones have any order.
    const [state, label] = [url.searchParams.get('state') ?? 'open', url.searchParams.get('labels')]
    const listed = repository.issues
      .filter(({ updated_at }) => updated_at >= since)
      .toSorted((a, b) => a.updated_at.localeCompare(b.updated_at) || b.number - a.number)
      .map(issueBody)
      .filter(issue => state === 'all' || issue.state === state)
      .filter(issue => label === null || issue.labels.some(({ name }) => name === label))
    return conditional(request, list(url, listed))
  }
  const single = ISSUE.exec(path)?.[1]
  if (single !== undefined) return issueAnswer(Number(single), repository)
  const number = EVENTS.exec(path)?.[1]
  if (number !== undefined) return list(url, repository.issues.find(issue => issue.number === Number(number))?.events ?? [])
  if (path === '/stargazers')
    return list(
      url,
      repository.starredAt.map(starred_at => ({ starred_at, user: { login: 'someone' } })),
    )
  if (path === '/contributors')
    return list(
      url,
      Array.from({ length: repository.contributors }, (_, id) => ({ id, login: `user-${id}` })),
    )
  if (path === '/releases') return conditional(request, list(url, repository.releases))
  return json(404, { message: 'Not Found' })
}

const isBelow = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`)

/** An issue that was transferred is answered with its new address, a deleted one with 410. */
function issueAnswer(number: number, { issues, gone }: FakeRepository): Answer {
  const found = issues.find(issue => issue.number === number)
  if (found) return json(200, issueBody(found))
  const how = gone.get(number)
  if (how === 'transferred')
    return json(301, { message: 'Moved Permanently' }, { location: 'https://api.github.com/repositories/2/issues/1' })
  return how === 'deleted' ? json(410, { message: 'This issue was deleted' }) : json(404, { message: 'Not Found' })
}

const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(body),
})

function list(url: URL, all: readonly unknown[]) {
  const size = Number(url.searchParams.get('per_page') ?? 30)
  const page = Number(url.searchParams.get('page') ?? 1)
  const next = new URL(url)
  next.searchParams.set('page', String(page + 1))
  const headers: Record<string, string> = page * size < all.length ? { link: `<${next.href}>; rel="next"` } : {}
  return json(200, all.slice((page - 1) * size, page * size), headers)
}

function conditional(request: ReceivedRequest, given: ReturnType<typeof json>): Answer {
  const etag = `W/"${hashOf(request.path + given.body)}"`
  if (request.headers['if-none-match'] === etag) return { status: 304, headers: { etag } }
  return { ...given, headers: { ...given.headers, etag } }
}

function hashOf(text: string): string {
  let hash = 5381
  for (const character of text) hash = (hash * 33 + character.charCodeAt(0)) >>> 0
  return hash.toString(16)
}

/** An issue of the list. Its labels and state follow from its events. */
function issueBody({ number, created_at, updated_at, isPullRequest, events }: FakeIssue) {
  const labels = new Set<string>()
  let state = 'open'
  for (const { event, label } of events) {
    if (event === 'labeled' && label) labels.add(label.name)
    if (event === 'unlabeled' && label) labels.delete(label.name)
    if (event === 'closed') state = 'closed'
    if (event === 'reopened') state = 'open'
  }
  return {
    number,
    created_at,
    updated_at,
    state,
    labels: [...labels].map(name => ({ name, color: 'd73a4a' })),
    ...(isPullRequest && { pull_request: { url: 'https://api.github.com/…' } }),
  }
}
