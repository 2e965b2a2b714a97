import { type ConsentReason, createConsent, type ProfileStore } from './consent.ts'
import { scrub, scrubStack } from './scrub.ts'
import { type Refused, sendSpooled } from './send.ts'
import { createSessions, type SessionStore } from './session.ts'
import type { Spool, SpoolLock } from './spool.ts'

/** A property's value. An error is sent as its kind and frames, without its message. */
export type Value = string | number | boolean | Error | null | undefined

/** The types that `northstar plan types` writes: the properties of each event by its name. */
export type Plan<P> = { readonly [E in keyof P]: object }

export interface ClientConfig<P extends Plan<P>> {
  /** Address of Northstar, such as `https://telemetry.example.com`. */
  readonly url: string
  readonly writeKey: string
  /** The program's name in lower case. It is part of the name of the folder or storage for waiting events. */
  readonly app: string
  /** Properties of every event, such as the platform and the version. */
  readonly common?: Readonly<Record<string, Value>> | undefined
  /**
   * The notice that the first run shows before anything is sent, or false if the program asks its users itself. Default: a notice that names
   * the app and explains how to opt out.
   */
  readonly notice?: string | false | undefined
  /** An id of the user, never a name or a mail address; see `hashUserId`. Default: a random id, which is stored with the consent. */
  readonly userId?: string | undefined
  /** The share of events that is sent, 0 to 1, by event. Counts of a sampled event must be divided by this share. */
  readonly sample?: Readonly<Partial<Record<keyof P & string, number>>> | undefined
  /** The event of an uncaught error, and its property for the stack. */
  readonly crash?: { readonly event: keyof P & string; readonly property: string } | undefined
  /** How long a running program collects events before it sends them, ms. Default 5,000. */
  readonly flushIntervalMs?: number | undefined
  /** Maximum size of waiting events, bytes. Default 5 MB. Further events are dropped and counted. */
  readonly maxSpoolBytes?: number | undefined
  /** Called for each event that Northstar refused, such as one that the tracking plan does not declare. */
  readonly onRefused?: ((refused: Refused) => void) | undefined
}

/** The arguments of an event: none when the plan requires none. */
export type Properties<T> = Partial<Record<keyof T, never>> extends T ? [properties?: WithErrors<T>] : [properties: WithErrors<T>]
/** An optional property may be passed as undefined, also under `exactOptionalPropertyTypes`. */
type WithErrors<T> = {
  readonly [K in keyof T]: (string extends T[K] ? T[K] | Error : T[K]) | (Partial<Record<K, never>> extends Pick<T, K> ? undefined : never)
}

export interface Status {
  /** Whether events are sent. */
  readonly enabled: boolean
  readonly reason: ConsentReason
  /** Number of events that wait in the spool. */
  readonly waiting: number
  /** Number of events that this program dropped because the spool was full. */
  readonly dropped: number
}

/** A sent event. */
export interface SentEvent {
  readonly event: string
  readonly id: string
  /** Epoch ms by this machine's clock. */
  readonly timestamp: number
  readonly user_id: string
  readonly session_id: string
  readonly properties: Readonly<Record<string, string | number | boolean>>
}

export interface Client<P extends Plan<P>> {
  /** Records an event. Once this returns, the event survives any end of the program. Never throws. */
  capture<E extends keyof P & string>(event: E, ...properties: Properties<P[E]>): void
  /** Sends the waiting events. Resolves after 100 ms at the latest, even if they could not be sent. */
  flush(): Promise<void>
  /** Must be called at the end. Events that are not sent yet are sent by a separate process or at the next start. Resolves within 100 ms. */
  close(): Promise<void>
  /** Opts in. Returns false if the decision cannot be stored. */
  enable(): boolean
  /** Opts out and deletes the waiting events. Returns false if the decision cannot be stored. */
  disable(): boolean
  status(): Status
  /** The waiting events, or those that would be sent after an opt-in: exactly the data that leaves the machine. */
  preview(): readonly SentEvent[]
}

/** The services of a runtime that the client needs. */
export interface Platform {
  readonly spool: Spool
  readonly profiles: ProfileStore
  readonly sessions: SessionStore
  readonly fetch: typeof fetch
  readonly now: () => number
  readonly uuid: () => string
  readonly doNotTrack: () => boolean
  readonly showNotice: (text: string) => void
  readonly onCrash: (listener: (error: Error) => void) => void
  /** Calls the listener when the program is about to end or the page is left. The listener cannot do asynchronous work. */
  readonly onEnd: (listener: () => void) => void
  /** Starts a process that sends the spool after this one has ended, and gives it the lock. Returns false if it cannot be started. */
  readonly detach: (lock: SpoolLock) => boolean
}

/** How long a flush may delay the program, ms. */
const MAX_DELAY_MS = 100
const FLUSH_MS = 5_000
/** Maximum number of events that are kept for the preview while none is sent. */
const MAX_WITHHELD = 100

const noticeOf = (app: string) =>
  `${app} sends anonymous usage data, so that its developers see what works. Nothing is sent in this first run. Opt out: DO_NOT_TRACK=1.\n`

export function createClientOn<P extends Plan<P>>(config: ClientConfig<P>, platform: Platform): Client<P> {
  const { spool, now, uuid } = platform
  const notice = config.notice ?? noticeOf(config.app)
  const consent = createConsent({
    profiles: platform.profiles,
    uuid,
    doNotTrack: platform.doNotTrack,
    ...(notice !== false && { showNotice: () => platform.showNotice(notice) }),
  })
  const enabled = () => consent.reason() === 'enabled'
  /** Reads the decision again, since another process may have opted out. */
  const stillEnabled = () => {
    consent.refresh()
    if (consent.reason() === 'disabled') spool.clear()
    return enabled()
  }
  const session = createSessions(platform.sessions, { now, uuid })
  const outbox = createOutbox(config, platform, stillEnabled)
  const withheld: string[] = []
  let dropped = 0

  /** Telemetry must never break its program, so an event that cannot be recorded is dropped. */
  function record(event: string, given: Readonly<Record<string, Value>>): void {
    try {
      add(event, given)
    } catch {}
  }

  function add(event: string, given: Readonly<Record<string, Value>>): void {
    const rate = (config.sample as Readonly<Record<string, number>> | undefined)?.[event] ?? 1
    if (outbox.closed() || (rate < 1 && Math.random() >= rate)) return
    const line = JSON.stringify({
      event,
      id: uuid(),
      timestamp: now(),
      user_id: config.userId ?? consent.user,
      session_id: session(),
      properties: clean({ ...config.common, ...given }),
    } satisfies SentEvent)
    if (!enabled()) {
      withheld.push(line)
      if (withheld.length > MAX_WITHHELD) withheld.shift()
    } else if (spool.add(line)) outbox.schedule()
    else dropped++
  }

  platform.onEnd(outbox.end)
  const { crash } = config
  if (crash) platform.onCrash(error => record(crash.event, { [crash.property]: error }))

  return {
    capture: (event, ...[properties]) => record(event, (properties ?? {}) as Readonly<Record<string, Value>>),
    flush: outbox.flush,
    close: outbox.close,
    enable: () => consent.decide(true),
    disable() {
      outbox.cancel()
      spool.clear()
      return consent.decide(false)
    },
    status() {
      const reason = consent.reason()
      return { enabled: reason === 'enabled', reason, waiting: spool.list().length, dropped }
    },
    preview: () => [...spool.list(), ...withheld].map(line => JSON.parse(line) as SentEvent),
  }
}

/** Sends the spool at intervals while the program runs, and once more at its end. */
function createOutbox<P extends Plan<P>>(config: ClientConfig<P>, platform: Platform, enabled: () => boolean) {
  const { spool, now } = platform
  let timer: ReturnType<typeof setTimeout> | undefined
  let sending: Promise<void> | undefined
  let running = new AbortController()
  let closed = false

  function onRefused(refused: Refused): void {
    try {
      config.onRefused?.(refused)
    } catch {}
  }

  function schedule(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void send().then(() => {
        if (!closed && enabled() && spool.read(1).length > 0) schedule()
      })
    }, config.flushIntervalMs ?? FLUSH_MS)
    // In Node, a timer must not keep the program running. In browsers, a timer is a number.
    if (typeof timer === 'object') timer.unref()
  }

  function send(): Promise<void> {
    if (!enabled()) return Promise.resolve()
    spool.seal()
    const { signal } = running
    sending ??= sendSpooled(spool, config, { fetch: platform.fetch, now, signal, onRefused })
      .catch(() => {})
      .finally(() => {
        sending = undefined
      })
    return sending
  }

  function end(): void {
    if (closed) return
    closed = true
    clearTimeout(timer)
    if (!enabled()) return
    spool.seal()
    if (spool.read(1).length === 0) return
    const lock = spool.lock()
    // If another process has the lock, it reads the spool once more after releasing the lock.
    if (lock === null || platform.detach(lock)) return
    lock.release()
    void send()
  }

  function cancel(): void {
    running.abort()
    running = new AbortController()
  }

  return {
    schedule,
    end,
    cancel,
    closed: () => closed,
    flush: () => within(send(), MAX_DELAY_MS),
    async close(): Promise<void> {
      if (closed) return
      if (sending === undefined) end()
      if (sending !== undefined) await within(sending, MAX_DELAY_MS)
      end()
      cancel()
    },
  }
}

function clean(given: Readonly<Record<string, Value>>): Record<string, string | number | boolean> {
  const properties: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value instanceof Error) properties[name] = scrubStack(value)
    else if (typeof value === 'string') properties[name] = scrub(value)
    else if (typeof value === 'boolean' || Number.isFinite(value)) properties[name] = value as boolean | number
  }
  return properties
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  await Promise.race([
    work,
    new Promise<void>(resolve => {
      timer = setTimeout(resolve, ms)
    }),
  ])
  clearTimeout(timer)
}
