import type { Settings } from '@northstar/runtime'
import { InvalidArgumentError } from 'commander'
import { checkToken, readCredentials } from './credentials.ts'

/** The API returned an error or could not be reached. `status` is 0 without a response. */
export class ApiError extends Error {
  readonly code = 'api_error'
  readonly status: number
  /** Whether the response is a problem document, as Northstar sends; other servers may answer at a wrong address. */
  readonly isProblem: boolean
  constructor(status: number, message: string, options?: ErrorOptions & { readonly isProblem?: boolean }) {
    super(message, options)
    this.name = 'ApiError'
    this.status = status
    this.isProblem = options?.isProblem ?? false
  }
}

/** Calls the API and returns its JSON. @throws {@link ApiError} */
export async function callApi<T>(settings: Settings, path: string, init: ApiRequest = {}): Promise<T> {
  const response = await request(settings, path, init)
  const text = await whole(settings, response.text())
  const answer = parse(text)
  if (text !== '' && answer === undefined) throw new ApiError(502, `${addressOf(settings)} is not Northstar: its answer is not JSON`)
  return answer as T
}

/** Calls the API and yields the JSON of each line as it arrives. @throws {@link ApiError} */
export async function* streamApi<T>(settings: Settings, path: string, body: unknown): AsyncGenerator<T> {
  const response = await request(settings, path, { method: 'POST', body, accept: 'application/x-ndjson' })
  const decoder = new TextDecoder()
  let rest = ''
  const reader = response.body?.getReader()
  while (reader) {
    const { value } = await whole(settings, reader.read())
    if (value === undefined) return
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield parse(line) as T
  }
}

/** Calls the API and returns the bytes of the response. @throws {@link ApiError} */
export async function downloadApi(settings: Settings, path: string, body: unknown): Promise<Buffer> {
  const response = await request(settings, path, { method: 'POST', body, accept: '*/*' })
  return Buffer.from(await whole(settings, response.arrayBuffer()))
}

/** Reads an answer or a part of it. @throws {@link ApiError} when the connection breaks before its end */
async function whole<T>(settings: Settings, reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    throw new ApiError(0, `the connection to Northstar at ${addressOf(settings)} was lost before the end of the answer`, { cause: error })
  }
}

interface Connection {
  readonly url?: string
  readonly token?: string
}

/** `--url` and `--token` of this process. */
let connection: Connection = {}

/** Makes `--url` and `--token` win over the settings. @throws InvalidArgumentError for an address of another kind */
export function overrideConnection(given: Connection): void {
  if (given.url !== undefined && !(URL.canParse(given.url) && /^https?:/.test(given.url)))
    throw new InvalidArgumentError(`--url is "${given.url}": expected an address such as http://127.0.0.1:8080`)
  connection = given
}

/** The address of Northstar: `--url`, else the settings. */
export const addressOf = (settings: Settings): string => (connection.url ?? settings.url).replace(/\/+$/, '')

/** Answers of a proxy whose service is not running. */
const GATEWAY_ERRORS: readonly number[] = [502, 503, 504]

interface ApiRequest {
  readonly method?: string
  readonly body?: unknown
  readonly accept?: string
}

async function request(settings: Settings, path: string, init: ApiRequest): Promise<Response> {
  const url = addressOf(settings)
  const adminToken = connection.token ?? readCredentials(settings).adminToken
  if (!adminToken)
    throw new ApiError(
      401,
      `no admin token: set --token or NORTHSTAR_ADMIN_TOKEN, or run this command next to the data folder ${settings.dataDir}`,
    )
  const source =
    connection.token !== undefined
      ? 'the token of --token'
      : settings.adminToken !== undefined
        ? 'the token of NORTHSTAR_ADMIN_TOKEN'
        : `the token in ${settings.dataDir}`
  checkToken(adminToken, source)
  let response: Response
  try {
    response = await fetch(url + path, {
      method: init.method ?? 'GET',
      headers: {
        authorization: `Bearer ${adminToken}`,
        ...(init.accept && { accept: init.accept }),
        ...(init.body !== undefined && { 'content-type': 'application/json' }),
      },
      body: init.body === undefined ? undefined : JSON.stringify(init.body),
    })
  } catch (error) {
    throw new ApiError(0, `cannot reach Northstar at ${url}: start it with "northstar up", or set NORTHSTAR_URL`, {
      cause: error,
    })
  }
  if (response.ok) return response
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false
  if (!isProblem && GATEWAY_ERRORS.includes(response.status))
    throw new ApiError(0, `cannot reach Northstar behind ${url}: the proxy answered ${response.status}`)
  if (isProblem && response.status === 401) throw new ApiError(401, `Northstar at ${url} does not know ${source}`, { isProblem })
  const problem = (parse(await whole(settings, response.text())) ?? {}) as { title?: string; detail?: string }
  throw new ApiError(response.status, problem.detail ?? problem.title ?? `${url}${path} answered ${response.status}`, { isProblem })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
