/** A failed request, with the message of its problem document. */
export class ApiError extends Error {
  /** HTTP status; 0 when the server could not be reached. */
  readonly status: number
  readonly code: string | undefined
  /** The position of a syntax error in the statement, in characters from 0. */
  readonly position: number | undefined
  /** The answer, for a caller that knows its shape. */
  readonly answer: unknown
  constructor(status: number, message: string, code?: string, position?: number, answer?: unknown) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.position = position
    this.answer = answer
  }
}

/** The reason of a rejected call as an {@link ApiError}. */
export const apiErrorOf = (reason: unknown): ApiError => (reason instanceof ApiError ? reason : new ApiError(0, String(reason)))

let csrf: string | null = null

/** Sets the CSRF token that requests other than GET send with the cookie. */
export function setCsrf(token: string | null): void {
  csrf = token
}

interface Options {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/** Calls the API and returns its JSON; null for an empty answer. Rejects with {@link ApiError}. */
export async function api<T>(path: string, options: Options = {}): Promise<T> {
  const response = await request(path, options, 'application/json')
  const text = await response.text()
  const answer: unknown = text === '' ? null : parse(text)
  if (response.ok) return answer as T
  throw problemOf(response, answer)
}

/** Calls the API and returns its answer as a file. */
export async function apiFile(path: string, options: Options = {}): Promise<Blob> {
  const response = await request(path, options, '*/*')
  if (!response.ok) throw problemOf(response, parse(await response.text()))
  return response.blob()
}

/** Calls the API and yields the JSON document of each line as it arrives. */
export async function* apiLines<T>(path: string, options: Options = {}): AsyncGenerator<T> {
  const response = await request(path, options, 'application/x-ndjson')
  if (!response.ok || !response.body) throw problemOf(response, parse(await response.text()))
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { value = '', done } = await reader.read()
    const lines = (rest + value).split('\n')
    rest = done ? '' : (lines.pop() ?? '')
    for (const line of lines) if (line !== '') yield JSON.parse(line) as T
    if (done) return
  }
}

async function request(path: string, { method = 'GET', body, signal }: Options, accept: string): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      signal,
      headers: {
        accept,
        ...(method !== 'GET' && csrf !== null && { 'x-csrf-token': csrf }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError(0, 'Cannot reach Northstar. Check that it is running and that you are online.')
  }
}

function problemOf(response: Response, answer: unknown): ApiError {
  const problem = (answer ?? {}) as { detail?: string; title?: string; code?: string; position?: number }
  return new ApiError(
    response.status,
    problem.detail ?? problem.title ?? `The server answered ${response.status}.`,
    problem.code,
    problem.position,
    answer,
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
