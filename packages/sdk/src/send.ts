import type { Spool } from './spool.ts'

export interface Target {
  /** Address of Northstar, such as `https://telemetry.example.com`. */
  readonly url: string
  readonly writeKey: string
}

/** An event that Northstar refused; it is not sent again. */
export interface Refused {
  readonly code: string
  readonly field: string | null
  readonly message: string
  /** The sent event as JSON. */
  readonly event: string
}

export interface SendDeps {
  readonly fetch: typeof fetch
  readonly now: () => number
  readonly signal?: AbortSignal
  /** Id of the process whose lock this process takes over. */
  readonly heir?: number
  readonly onRefused?: (refused: Refused) => void
}

const REQUEST_MS = 10_000
const BODY_BYTES = 256 * 1024
/** Minimum size of a body that is compressed. */
const PACKED_BYTES = 16 * 1024
/** Maximum size of a request that a browser completes after its page was closed. */
const KEEPALIVE_BYTES = 60 * 1024
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 5 * 60_000
/** Maximum pause that a server may request. */
const LONGEST_RETRY_AFTER_MS = 3_600_000

type Delivery = { readonly kind: 'done' } | { readonly kind: 'retry'; readonly afterMs: number; readonly answered: boolean }
const DONE: Delivery = { kind: 'done' }

/**
 * Sends every ready batch. A batch stays in the spool until it is answered. If the program ends before, the next program sends the batch again
 * with the same ids. Resolves early if sending is paused, fails or is aborted, or if another program is sending.
 */
export async function sendSpooled(spool: Spool, target: Target, deps: SendDeps): Promise<void> {
  while (!deps.signal?.aborted && mayTry(spool, deps.now()) && spool.read(1).length > 0) {
    const lock = spool.lock(deps.heir)
    if (lock === null) return
    try {
      for (let batches = spool.read(BODY_BYTES); batches.length > 0; batches = spool.read(BODY_BYTES)) {
        const lines = batches.flatMap(batch => batch.lines)
        const delivery = await deliver(lines, target, deps)
        if (delivery.kind === 'retry') {
          if (!deps.signal?.aborted) pauseAfter(spool, delivery, deps.now())
          return
        }
        if (!spool.remove(batches)) return
        if (spool.pause() !== null) spool.setPause(null)
        lock.renew()
      }
    } finally {
      lock.release()
    }
    // The spool is read again after the lock is released: a program that did not get the lock relies on this process to send its events.
  }
}

/** A pause that ends too far in the future was set by another clock and is ignored. */
function mayTry(spool: Spool, now: number): boolean {
  const pause = spool.pause()
  return pause === null || now >= pause.until || pause.until - now > LONGEST_RETRY_AFTER_MS
}

function pauseAfter(spool: Spool, { afterMs, answered }: { readonly afterMs: number; readonly answered: boolean }, now: number): void {
  const attempts = (spool.pause()?.attempts ?? 0) + 1
  const backOff = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempts - 1, 20)) * (0.5 + Math.random() / 2)
  spool.setPause({ until: now + Math.max(afterMs, backOff), attempts, answered })
}

/** A body that is refused as a whole is divided until the invalid event is found. */
async function deliver(lines: readonly string[], target: Target, deps: SendDeps): Promise<Delivery> {
  const answer = await post(lines, target, deps)
  if (answer.kind !== 'malformed') return answer
  const [first] = lines
  if (first === undefined) return DONE
  if (lines.length === 1) {
    deps.onRefused?.({ code: 'malformed', field: null, message: answer.message, event: first })
    return DONE
  }
  const middle = lines.length >> 1
  const delivery = await deliver(lines.slice(0, middle), target, deps)
  return delivery.kind === 'done' ? deliver(lines.slice(middle), target, deps) : delivery
}

async function post(
  lines: readonly string[],
  { url, writeKey }: Target,
  deps: SendDeps,
): Promise<Delivery | { readonly kind: 'malformed'; readonly message: string }> {
  const cancel = new AbortController()
  const abort = () => cancel.abort()
  const timer = setTimeout(abort, REQUEST_MS)
  deps.signal?.addEventListener('abort', abort)
  try {
    const text = new TextEncoder().encode(lines.join('\n'))
    const packed = text.byteLength > PACKED_BYTES && typeof CompressionStream === 'function'
    const body = packed ? await gzip(text) : text
    // Northstar compares `sent_at` with its own clock to correct times.
    const response = await deps.fetch(`${url.replace(/\/+$/, '')}/v1/events?sent_at=${Math.round(deps.now())}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${writeKey}`,
        'content-type': 'application/x-ndjson',
        ...(packed && { 'content-encoding': 'gzip' }),
      },
      body,
      signal: cancel.signal,
      keepalive: body.byteLength < KEEPALIVE_BYTES,
    })
    return await readAnswer(response, lines, deps)
  } catch {
    return { kind: 'retry', afterMs: 0, answered: false }
  } finally {
    clearTimeout(timer)
    deps.signal?.removeEventListener('abort', abort)
  }
}

/** Only Northstar's own answer removes events, since the login page of a public network may also answer 200. */
async function readAnswer(
  response: Response,
  lines: readonly string[],
  deps: SendDeps,
): Promise<Delivery | { readonly kind: 'malformed'; readonly message: string }> {
  const { status } = response
  const answer = parse(await response.text())
  if ((status === 202 || status === 422) && Array.isArray(answer?.rejected)) {
    for (const { index, code, field, message } of answer.rejected) deps.onRefused?.({ code, field, message, event: lines[index] ?? '' })
    return DONE
  }
  if ((status === 400 || status === 413) && answer?.status === status) return { kind: 'malformed', message: answer.detail ?? '' }
  return {
    kind: 'retry',
    afterMs: retryAfterMs(response.headers.get('retry-after'), deps.now()),
    answered: status === 429 || status >= 500,
  }
}

interface AnswerBody {
  readonly status?: number
  readonly detail?: string
  readonly rejected?: readonly { readonly index: number; readonly code: string; readonly field: string | null; readonly message: string }[]
}

function parse(text: string): AnswerBody | null {
  try {
    return JSON.parse(text) as AnswerBody | null
  } catch {
    return null
  }
}

/** Parses `Retry-After`: seconds or an HTTP date. */
function retryAfterMs(header: string | null, now: number): number {
  if (header === null) return 0
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), LONGEST_RETRY_AFTER_MS) : 0
}

async function gzip(text: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Response(stream as ReadableStream).arrayBuffer()
}
