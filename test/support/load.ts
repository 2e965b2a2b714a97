import { setTimeout as sleep } from 'node:timers/promises'
import { WRITE_KEY } from './installation.ts'
import { createRandom, type Random } from './random.ts'

/** An event as `POST /v1/events` takes it. */
export interface NativeEvent {
  readonly event: string
  readonly id: string
  /** RFC 3339. */
  readonly timestamp: string
  readonly user_id?: string
  readonly session_id?: string
  readonly properties: Readonly<Record<string, string | number | boolean>>
}

/** Sends a body. The status is 0 without an answer. */
export async function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly body: unknown }> {
  try {
    const response = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${WRITE_KEY}`, 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.timeout(60_000),
    })
    return { status: response.status, body: JSON.parse(await response.text()) }
  } catch {
    return { status: 0, body: undefined }
  }
}

/** Returns a generator of events with times within the last `overMs`, out of order. Equal seeds give equal events except for their times. */
export function createEvents(prefix: string, random: Random, overMs = 30_000): () => NativeEvent {
  let made = 0
  return () => {
    const user = `${prefix}-user-${random.below(200)}`
    const event = random.pick(['command_generated', 'command_generated', 'command_generation_latency', 'memory_usage', 'command_feedback'])
    const own: Readonly<Record<string, NativeEvent['properties']>> = {
      command_generated: { category: random.pick(['devops', 'network']) },
      command_generation_latency: { duration_ms: 10 + random.below(900), query_complexity: random.pick(['simple', 'medium']) },
      memory_usage: { memory_kb: 20_000 + random.below(30_000) },
      command_feedback: { success: random.next() < 0.8, category: random.pick(['devops', 'network']) },
    }
    return {
      event,
      id: `${prefix}-${made++}`,
      timestamp: new Date(Date.now() - random.below(overMs)).toISOString(),
      user_id: user,
      session_id: `${user}-session`,
      properties: { platform: random.pick(['macos', 'linux']), version: '1.1.0-beta', ...own[event] },
    }
  }
}

export interface LoadOptions {
  readonly url: string
  readonly seed: number
  readonly prefix?: string
  /** Events a request. Default 20. */
  readonly batch?: number
  /** Requests at a time. Default 4. */
  readonly senders?: number
  /** How long each sender waits between two requests, in ms. Default 40: with the other defaults up to 2,000 events a second. */
  readonly pauseMs?: number
}

export interface Load {
  /** All events that were sent so far, answered or not. */
  readonly sent: readonly NativeEvent[]
  /** Requests that had to be sent again, since no good answer came. */
  readonly repeated: number
  /** Ends it. Resolves when every event that was sent has been accepted. */
  stop(): Promise<void>
}

/** Clients that send until they are stopped. A request that is not answered 202 is sent again, and so are a few others. */
export function startLoad({ url, seed, prefix = `load-${seed}`, batch = 20, senders = 4, pauseMs = 40 }: LoadOptions): Load {
  const random = createRandom(seed)
  const next = createEvents(prefix, random)
  const sent: NativeEvent[] = []
  let repeated = 0
  let stopping = false

  async function deliver(body: string): Promise<void> {
    for (;;) {
      const { status } = await post(url, body)
      if (status === 202) return
      if (status !== 0 && status !== 429 && status < 500) throw new Error(`ingest refused good events with ${status}`)
      repeated++
      await sleep(50)
    }
  }

  async function send(): Promise<void> {
    while (!stopping) {
      const events = Array.from({ length: batch }, next)
      sent.push(...events)
      const body = JSON.stringify(events)
      await deliver(body)
      if (random.next() < 0.05) await deliver(body)
      await sleep(pauseMs)
    }
  }

  const sending = Promise.all(Array.from({ length: senders }, send))
  // The caller that stops the load receives it.
  sending.catch(() => {})
  return {
    sent,
    get repeated() {
      return repeated
    },
    async stop() {
      stopping = true
      await sending
    },
  }
}
