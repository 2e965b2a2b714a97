import type * as z from 'zod'
import { CollectFailed, SourceBusy } from './collector.ts'
import type { SafeFetch } from './safe-fetch.ts'

/** The part of an answer's headers that is read. */
export interface AnswerHeaders {
  get(name: string): string | null
}

/** What a source that limits rates without saying for how long is left alone for. */
const UNNAMED_WAIT_MS = 60_000
const LONGEST_WAIT_MS = 24 * 3_600_000

/**
 * Until when a source asks not to be called, epoch ms; null where it does not. `Retry-After` is in seconds or a date, `X-RateLimit-Reset`
 * in seconds since 1970; a 429 may have neither.
 */
export function busyUntil(status: number, headers: AnswerHeaders, now: number): number | null {
  if (status !== 403 && status !== 429 && status !== 503) return null
  const after = headers.get('retry-after')
  const reset = headers.get('x-ratelimit-remaining') === '0' ? Number(headers.get('x-ratelimit-reset')) * 1_000 : Number.NaN
  const wanted = after === null ? reset : /^\d+(\.\d+)?$/.test(after) ? now + Number(after) * 1_000 : Date.parse(after)
  if (Number.isFinite(wanted)) return Math.min(Math.max(wanted, now + 1_000), now + LONGEST_WAIT_MS)
  return status === 429 ? now + UNNAMED_WAIT_MS : null
}

/** The error of an answer that is no success. */
export function failureOf(host: string, status: number, headers: AnswerHeaders, detail: string, now: number): CollectFailed | SourceBusy {
  const until = busyUntil(status, headers, now)
  if (until !== null) return new SourceBusy(until)
  const said = detail === '' ? '' : `: ${detail.slice(0, 200)}`
  if (status === 401 || status === 403) return new CollectFailed('unauthorized', `${host} refused access (${status})${said}`)
  if (status === 404 || status === 410) return new CollectFailed('not_found', `${host} does not have it (${status})${said}`)
  if (status >= 300 && status < 400) {
    const to = headers.get('location') ?? 'another address'
    return new CollectFailed('moved', `${host} redirects to ${to}: configure the new name or address`)
  }
  return new CollectFailed('failed', `${host} answered ${status}${said}`)
}

/** Checks data against a schema. @throws CollectFailed naming the field */
export function readAs<S extends z.ZodType>(host: string, schema: S, data: unknown): z.output<S> {
  const checked = schema.safeParse(data)
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  throw new CollectFailed('unreadable', `the answer of ${host} is not as documented: ${issue?.path.join('.')}: ${issue?.message}`)
}

export interface JsonAnswer<T> {
  readonly value: T
  readonly etag: string | undefined
}

export interface JsonCall<S extends z.ZodType> {
  readonly url: string
  readonly schema: S
  readonly headers?: Readonly<Record<string, string>>
  /** Of the last answer: an unchanged one is not sent again. */
  readonly etag?: string
}

/** Asks for a JSON document; null when it has not changed since `etag`. @throws CollectFailed, SourceBusy */
export async function getJson<S extends z.ZodType>(
  fetch: SafeFetch,
  { url, schema, headers, etag }: JsonCall<S>,
  now: number,
): Promise<JsonAnswer<z.output<S>> | null> {
  const { host } = new URL(url)
  const answer = await fetch(url, {
    headers: { accept: 'application/json', ...headers, ...(etag !== undefined && { 'if-none-match': etag }) },
  })
  if (answer.status === 304 && etag !== undefined) return null
  const text = await answer.text()
  if (answer.status !== 200) throw failureOf(host, answer.status, answer.headers, text, now)
  return { value: readAs(host, schema, parse(host, text)), etag: answer.headers.get('etag') ?? undefined }
}

function parse(host: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CollectFailed('unreadable', `the answer of ${host} is not JSON`, { cause: error })
  }
}
