import { DAY_MS } from '@northstar/catalogue'
import type * as z from 'zod'
import { CollectFailed, SourceBusy } from './failures.ts'
import type { SafeFetch } from './safe-fetch.ts'

/** The headers of an answer. */
export interface AnswerHeaders {
  get(name: string): string | null
}

/** The wait after a 429 that names no time. */
const DEFAULT_WAIT_MS = 60_000
const MAX_WAIT_MS = DAY_MS

/**
 * The time until which a source asks not to be called, epoch ms; null if it does not. `Retry-After` is in seconds or a date,
 * `X-RateLimit-Reset` in seconds since 1970; a 429 may have neither.
 */
export function busyUntil(status: number, headers: AnswerHeaders, now: number): number | null {
  if (status !== 403 && status !== 429 && status !== 503) return null
  const after = headers.get('retry-after')
  const reset = headers.get('x-ratelimit-remaining') === '0' ? Number(headers.get('x-ratelimit-reset')) * 1_000 : Number.NaN
  const wanted = after === null ? reset : /^\d+(\.\d+)?$/.test(after) ? now + Number(after) * 1_000 : Date.parse(after)
  if (Number.isFinite(wanted)) return Math.min(Math.max(wanted, now + 1_000), now + MAX_WAIT_MS)
  return status === 429 ? now + DEFAULT_WAIT_MS : null
}

/** The error of an unsuccessful answer. */
export function failureOf(host: string, status: number, headers: AnswerHeaders, detail: string, now: number): CollectFailed | SourceBusy {
  const until = busyUntil(status, headers, now)
  if (until !== null) return new SourceBusy(until)
  const cause = detail === '' ? '' : `: ${detail.slice(0, 200)}`
  if (status === 401 || status === 403) return new CollectFailed('unauthorized', `${host} refused access (${status})${cause}`)
  if (status === 404 || status === 410) return new CollectFailed('not_found', `${host} does not have it (${status})${cause}`)
  if (status >= 300 && status < 400) {
    const to = headers.get('location') ?? 'another address'
    return new CollectFailed('moved', `${host} redirects to ${to}: configure the new name or address`)
  }
  return new CollectFailed('failed', `${host} answered ${status}${cause}`)
}

/** Checks an answer's data against a schema. @throws CollectFailed naming the field */
export function parseAnswer<S extends z.ZodType>(host: string, schema: S, data: unknown): z.output<S> {
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
  /** The ETag of the last answer: an unchanged one is not sent again. */
  readonly etag?: string
}

/** Requests a JSON document; null if it has not changed since `etag`. @throws CollectFailed, SourceBusy */
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
  return { value: parseAnswer(host, schema, parse(host, text)), etag: answer.headers.get('etag') ?? undefined }
}

function parse(host: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CollectFailed('unreadable', `the answer of ${host} is not JSON`, { cause: error })
  }
}
