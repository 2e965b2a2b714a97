import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

export interface SendOptions {
  /** Events per request. Default 500. */
  readonly batch?: number
  /** Concurrent requests. Default 4; with 1 events arrive in order. */
  readonly concurrency?: number
  readonly gzip?: boolean
  /** Maximum wait for a batch to fill, ms. Default 1,000. */
  readonly lingerMs?: number
  /** Attempts for a batch while ingest is unavailable. Default 20. */
  readonly attempts?: number
  readonly signal?: AbortSignal
  /** Called before the first repeat of a request, with the reason. */
  readonly onRetry?: (reason: string) => void
  /** Called after each answer with the totals so far. */
  readonly onProgress?: (progress: SendResult) => void
}

/** A rejected event, by its index in all sent events. */
export interface SendRejection {
  readonly index: number
  readonly code: string
  readonly field: string | null
  readonly message: string
}

export interface SendResult {
  readonly accepted: number
  readonly rejected: number
  /** The first hundred. */
  readonly rejections: readonly SendRejection[]
}

/** Ingest returned a permanent error or stayed unavailable. */
export class SendFailed extends Error {
  readonly code = 'send_failed'
  /** 0 without a response. */
  readonly status: number
  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SendFailed'
    this.status = status
  }
}

interface Batch {
  readonly first: number
  readonly events: unknown[]
}

const KEPT_REJECTIONS = 100
const ANSWER_MS = 60_000
const compress = promisify(gzip)

/**
 * Sends events to `POST /v1/events` in batches. A batch is retried after 429, 5xx or no response, no earlier than `Retry-After` requests.
 * Events have ids, so a repeat counts once.
 * @param url the address of ingest, such as `http://127.0.0.1:8080`
 * @throws {@link SendFailed}
 */
export async function sendEvents(
  url: string,
  key: string,
  events: AsyncIterable<unknown> | Iterable<unknown>,
  options: SendOptions = {},
): Promise<SendResult> {
  const { batch = 500, concurrency = 4, lingerMs = 1_000, signal } = options
  const rejections: SendRejection[] = []
  const inFlight = new Set<Promise<void>>()
  let accepted = 0
  let rejected = 0
  let failure: unknown
  const result = (): SendResult => ({ accepted, rejected, rejections })

  const contact: Contact = { answered: false, retried: false }

  async function send({ first, events: list }: Batch): Promise<void> {
    const answer = await sendBatch(url, key, list, options, contact)
    accepted += answer.accepted
    rejected += answer.rejected.length + Object.values(answer.more_rejected ?? {}).reduce((sum, n) => sum + n, 0)
    for (const r of answer.rejected) {
      if (rejections.length < KEPT_REJECTIONS) rejections.push({ ...r, index: first + r.index })
    }
    options.onProgress?.(result())
  }

  for await (const list of gather(events, batch, lingerMs)) {
    if (failure !== undefined || signal?.aborted) break
    const sent: Promise<void> = send(list)
      .catch(error => {
        failure ??= error
      })
      .finally(() => inFlight.delete(sent))
    inFlight.add(sent)
    if (inFlight.size >= concurrency) await Promise.race(inFlight)
  }
  await Promise.all(inFlight)
  if (failure !== undefined) throw failure
  signal?.throwIfAborted()
  return result()
}

/** Yields batches of at most `size` events, smaller ones when no event arrives for a while. */
async function* gather(events: AsyncIterable<unknown> | Iterable<unknown>, size: number, lingerMs: number): AsyncGenerator<Batch> {
  let list: unknown[] = []
  let first = 0
  const takeBatch = (): Batch => {
    const taken = { first, events: list }
    first += list.length
    list = []
    return taken
  }
  if (Symbol.iterator in events) {
    for (const event of events) {
      list.push(event)
      if (list.length === size) yield takeBatch()
    }
  } else {
    const source = events[Symbol.asyncIterator]()
    let next = source.next()
    for (;;) {
      const timer = new AbortController()
      const late =
        list.length === 0
          ? new Promise<never>(() => {})
          : sleep(lingerMs, 'late' as const, { signal: timer.signal }).catch(() => 'late' as const)
      const got = await Promise.race([next, late])
      timer.abort()
      if (got === 'late') {
        yield takeBatch()
        continue
      }
      if (got.done) break
      list.push(got.value)
      if (list.length === size) yield takeBatch()
      next = source.next()
    }
  }
  if (list.length > 0) yield takeBatch()
}

interface Answer {
  readonly accepted: number
  readonly rejected: readonly SendRejection[]
  /** Number of further rejected events, by code. */
  readonly more_rejected?: Readonly<Record<string, number>>
}

/** The outcomes of one call's requests. */
interface Contact {
  answered: boolean
  retried: boolean
}

/** Attempts to reach a server that has never answered: its address is probably wrong. */
const FIRST_ATTEMPTS = 3

async function sendBatch(url: string, key: string, events: readonly unknown[], options: SendOptions, contact: Contact): Promise<Answer> {
  const { attempts = 20, signal } = options
  const json = JSON.stringify(events)
  const headers: Record<string, string> = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  if (options.gzip) headers['content-encoding'] = 'gzip'
  const body = options.gzip ? new Uint8Array(await compress(json)) : json
  for (let attempt = 1; ; attempt++) {
    let status = 0
    let wait = Math.min(100 * 2 ** attempt, 5_000)
    let text = ''
    let cause: unknown
    try {
      const response = await fetch(`${url}/v1/events`, {
        method: 'POST',
        headers,
        body,
        // Without a time-out a lost response would block the batch.
        signal: AbortSignal.any([AbortSignal.timeout(ANSWER_MS), ...(signal ? [signal] : [])]),
      })
      status = response.status
      contact.answered = true
      text = await response.text()
      const after = Number(response.headers.get('retry-after'))
      if (after > 0) wait = after * 1000
    } catch (error) {
      signal?.throwIfAborted()
      // Also of an answer whose body was cut off.
      status = 0
      cause = error
    }
    if (status === 202 || status === 422) return answerOf(url, status, text)
    const again = status === 0 || status === 429 || status >= 500
    const reason = status === 0 ? `cannot reach Northstar at ${url}` : `${url} answered ${status}: ${detailOf(text)}`
    if (!again || attempt >= (contact.answered ? attempts : Math.min(attempts, FIRST_ATTEMPTS)))
      throw new SendFailed(status, reason, { cause })
    if (!contact.retried) options.onRetry?.(reason)
    contact.retried = true
    await sleep(wait, undefined, { signal })
  }
}

function answerOf(url: string, status: number, text: string): Answer {
  try {
    return JSON.parse(text) as Answer
  } catch (cause) {
    throw new SendFailed(status, `${url} is not Northstar: it answered ${status} without JSON`, { cause })
  }
}

/** The sentence of a problem document, else the beginning of the text. */
function detailOf(text: string): string {
  try {
    const { detail, title } = JSON.parse(text) as { detail?: unknown; title?: unknown }
    return String(detail ?? title ?? text.slice(0, 500))
  } catch {
    return text.slice(0, 500)
  }
}
