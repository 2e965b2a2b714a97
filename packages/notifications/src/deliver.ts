import { HOUR_MS } from '@northstar/catalogue'
import type { Outcome } from './channel.ts'
import { OK } from './channel.ts'
import type { HttpAnswer, HttpCall, HttpSend } from './http-send.ts'
import { TargetRefused } from './safe-target.ts'

const MAX_WAIT_MS = HOUR_MS

/** The wait of a `Retry-After` header (seconds or a date), ms, at most an hour; undefined without a valid one. */
export function retryAfterMs(value: string | string[] | undefined, now: number): number | undefined {
  const text = (Array.isArray(value) ? value[0] : value)?.trim()
  if (!text) return undefined
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MAX_WAIT_MS)
}

/** The outcome of an answer: 2xx is a success, 408, 425, 429 and 5xx are retried, all others have failed. */
export function outcomeOf(answer: HttpAnswer, now: number): Outcome {
  const { status } = answer
  if (status >= 200 && status < 300) return OK
  const reason = `answered ${status}`
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { kind: 'retry', reason, afterMs: retryAfterMs(answer.headers['retry-after'], now) }
  }
  if (status >= 300 && status < 400) return { kind: 'failed', reason: `${reason}: redirects are not followed` }
  return { kind: 'failed', reason }
}

/**
 * Sends a call and returns its outcome. A broken connection is retried, a refused target is not. Reasons contain no URL, since URLs contain
 * secrets.
 */
export async function deliver(
  http: HttpSend,
  call: HttpCall,
  now: () => number,
  judge: (answer: HttpAnswer) => Outcome = answer => outcomeOf(answer, now()),
): Promise<Outcome> {
  try {
    return judge(await http(call))
  } catch (error) {
    if (error instanceof TargetRefused) return { kind: 'failed', reason: `the target is refused: ${error.message}` }
    return { kind: 'retry', reason: `could not be reached: ${errorCode(error)}` }
  }
}

/** Delivers calls in order, up to the first that does not succeed, whose outcome is returned. */
export async function deliverAll(http: HttpSend, calls: readonly HttpCall[], now: () => number): Promise<Outcome> {
  for (const call of calls) {
    const outcome = await deliver(http, call, now)
    if (outcome.kind !== 'ok') return outcome
  }
  return OK
}

/** A POST of JSON. */
export const jsonCall = (url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpCall => ({
  url,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

/** The URL of a path below the root of an API. */
export const apiUrl = (root: string, path: string): string => `${root.replace(/\/$/, '')}${path}`

export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'timeout'
  const [first] = error instanceof AggregateError ? error.errors : []
  if (first instanceof Error && first !== error) return errorCode(first)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
