import type { Outcome } from './channel.ts'
import { OK } from './channel.ts'
import type { HttpAnswer, HttpCall, HttpSend } from './http-send.ts'
import { TargetRefused } from './safe-target.ts'

const LONGEST_WAIT_MS = 3_600_000

/** The wait that a `Retry-After` asks for, in ms, at most an hour; undefined where there is none. Seconds or a date. */
export function retryAfterMs(value: string | string[] | undefined, now: number): number | undefined {
  const text = (Array.isArray(value) ? value[0] : value)?.trim()
  if (!text) return undefined
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), LONGEST_WAIT_MS)
}

/** The outcome that an answer means: 408, 425, 429 and 5xx may pass, other statuses but 2xx will not. */
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

/** Sends and interprets the answer. A broken connection may pass, a refused target will not. Reasons name no URL, since URLs hold secrets. */
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

export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'timeout'
  const [first] = error instanceof AggregateError ? error.errors : []
  if (first instanceof Error && first !== error) return errorCode(first)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
